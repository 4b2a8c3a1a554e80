/** Constants of the ELF specification (gABI), and of its GNU extensions, by their own names. Those of one machine are in machine/. */

/** e_ident[EI_CLASS]. */
export const ELFCLASS = { CLASS32: 1, CLASS64: 2 } as const;

/** e_ident[EI_DATA]. */
export const ELFDATA = { LSB: 1, MSB: 2 } as const;

/** e_type. */
export const ET = { REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const;

/** p_type. */
export const PT = {
  NULL: 0,
  LOAD: 1,
  DYNAMIC: 2,
  INTERP: 3,
  NOTE: 4,
  PHDR: 6,
  TLS: 7,
  GNU_EH_FRAME: 0x6474e550,
  GNU_STACK: 0x6474e551,
  GNU_RELRO: 0x6474e552,
  GNU_PROPERTY: 0x6474e553,
} as const;

/** p_flags. */
export const PF = { X: 1, W: 2, R: 4 } as const;

/** e_phnum when the count does not fit: section 0 has it in sh_info. */
export const PN_XNUM = 0xffff;

/** sh_type. */
export const SHT = { NULL: 0, PROGBITS: 1, SYMTAB: 2, STRTAB: 3, NOTE: 7, NOBITS: 8, DYNSYM: 11 } as const;

/** sh_flags. */
export const SHF = { ALLOC: 2, EXECINSTR: 4 } as const;

/** Section indexes with a meaning of their own. */
export const SHN = { UNDEF: 0, ABS: 0xfff1, COMMON: 0xfff2, XINDEX: 0xffff } as const;

/** d_tag. */
export const DT = {
  NULL: 0,
  NEEDED: 1,
  PLTRELSZ: 2,
  PLTGOT: 3,
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  RELAENT: 9,
  STRSZ: 10,
  SYMENT: 11,
  INIT: 12,
  SONAME: 14,
  RPATH: 15,
  SYMBOLIC: 16,
  REL: 17,
  RELSZ: 18,
  RELENT: 19,
  PLTREL: 20,
  TEXTREL: 22,
  JMPREL: 23,
  BIND_NOW: 24,
  INIT_ARRAYSZ: 27,
  RUNPATH: 29,
  FLAGS: 30,
  PREINIT_ARRAYSZ: 33,
  RELRSZ: 35,
  RELR: 36,
  RELRENT: 37,
  GNU_HASH: 0x6ffffef5,
  RELACOUNT: 0x6ffffff9,
  VERSYM: 0x6ffffff0,
  DEPAUDIT: 0x6ffffefb,
  AUDIT: 0x6ffffefc,
  FLAGS_1: 0x6ffffffb,
  VERDEF: 0x6ffffffc,
  VERDEFNUM: 0x6ffffffd,
  VERNEED: 0x6ffffffe,
  VERNEEDNUM: 0x6fffffff,
  AUXILIARY: 0x7ffffffd,
  FILTER: 0x7fffffff,
} as const;

/** DT_FLAGS. */
export const DF = { ORIGIN: 1, SYMBOLIC: 2, TEXTREL: 4, BIND_NOW: 8, STATIC_TLS: 16 } as const;

/** DT_FLAGS_1. */
export const DF_1 = { NOW: 1, NODELETE: 8, NODEFLIB: 0x800, PIE: 0x08000000 } as const;

/** st_info >> 4. */
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2, GNU_UNIQUE: 10 } as const;

/** st_info & 15. */
export const STT = {
  NOTYPE: 0,
  OBJECT: 1,
  FUNC: 2,
  SECTION: 3,
  FILE: 4,
  COMMON: 5,
  TLS: 6,
  GNU_IFUNC: 10,
} as const;

/** st_other & 3. */
export const STV = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2, PROTECTED: 3 } as const;

/** vd_flags and vna_flags. */
export const VER_FLG = { BASE: 1, WEAK: 2 } as const;

/** DT_VERSYM: indexes without a version, and the bit of a definition that is not the default. */
export const VER_NDX = { LOCAL: 0, GLOBAL: 1, HIDDEN: 0x8000 } as const;

/** Types of the notes whose owner is `GNU`. */
export const NT_GNU = { ABI_TAG: 1, BUILD_ID: 3, PROPERTY_TYPE_0: 5 } as const;

/** The name of a value in one of the lists here; the value in hexadecimal digits where it has none. */
export function nameOfConstant(constants: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(constants).find(([, each]) => each === value);
  return found?.[0] ?? `0x${value.toString(16)}`;
}

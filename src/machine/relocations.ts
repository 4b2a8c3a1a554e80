/**
 * What a relocation makes of its word. Every machine numbers its types anew, and most of the formulas are the same: so shared
 * code asks for the formula, by the names that all psABIs use, and only here it is known which type means which.
 */

/** Types of the x86-64 psABI, table 'Relocation Types'. */
export const R_X86_64 = {
  NONE: 0,
  64: 1,
  PC32: 2,
  GOT32: 3,
  PLT32: 4,
  COPY: 5,
  GLOB_DAT: 6,
  JUMP_SLOT: 7,
  RELATIVE: 8,
  GOTPCREL: 9,
  32: 10,
  '32S': 11,
  16: 12,
  PC16: 13,
  8: 14,
  PC8: 15,
  DTPMOD64: 16,
  DTPOFF64: 17,
  TPOFF64: 18,
  TLSGD: 19,
  TLSLD: 20,
  DTPOFF32: 21,
  GOTTPOFF: 22,
  TPOFF32: 23,
  PC64: 24,
  GOTOFF64: 25,
  GOTPC32: 26,
  GOT64: 27,
  GOTPCREL64: 28,
  GOTPC64: 29,
  GOTPLT64: 30,
  PLTOFF64: 31,
  SIZE32: 32,
  SIZE64: 33,
  GOTPC32_TLSDESC: 34,
  TLSDESC_CALL: 35,
  TLSDESC: 36,
  IRELATIVE: 37,
  RELATIVE64: 38,
  GOTPCRELX: 41,
  REX_GOTPCRELX: 42,
} as const;

const names = new Map<number, string>(
  Object.entries(R_X86_64).map(([name, type]) => [type, `R_X86_64_${name}`]),
);

/** The psABI's name of a relocation type, `R_X86_64_RELATIVE`; `type N` for one that it does not define. */
export function relocationName(type: number): string {
  return names.get(type) ?? `type ${type}`;
}

/** B: the module's load bias; S: the address of the symbol's definition; A: the addend. */
export type Formula =
  | 'none'
  /** B + A. */
  | 'relative'
  /** S + A, in a word, or in its lower half. */
  | 'absolute'
  | 'absolute32'
  /** S: what the slot of a variable, or of a function that is called through it, holds. */
  | 'globDat'
  /** S, or back into the PLT until the first call. */
  | 'jumpSlot'
  /** What the resolver at B + A answers. */
  | 'irelative'
  /** The bytes of the definition, as many as both sides have. */
  | 'copy'
  /** The size of the definition, and A. */
  | 'size'
  /** Number of the module that has the thread-local variable; its offset in that module's block, from the thread pointer. */
  | 'tlsModule'
  | 'tlsModuleOffset'
  | 'tlsOffset'
  /** Two words: a function and its argument. */
  | 'tlsDescriptor';

const formulas = new Map<number, Formula>([
  [R_X86_64.NONE, 'none'],
  [R_X86_64.RELATIVE, 'relative'],
  [R_X86_64.RELATIVE64, 'relative'],
  [R_X86_64[64], 'absolute'],
  [R_X86_64[32], 'absolute32'],
  [R_X86_64.GLOB_DAT, 'globDat'],
  [R_X86_64.JUMP_SLOT, 'jumpSlot'],
  [R_X86_64.IRELATIVE, 'irelative'],
  [R_X86_64.COPY, 'copy'],
  [R_X86_64.SIZE64, 'size'],
  [R_X86_64.DTPMOD64, 'tlsModule'],
  [R_X86_64.DTPOFF64, 'tlsModuleOffset'],
  [R_X86_64.TPOFF64, 'tlsOffset'],
  [R_X86_64.TLSDESC, 'tlsDescriptor'],
]);

/** Undefined for a type that no dynamic linker applies. */
export function formulaOf(type: number): Formula | undefined {
  return formulas.get(type);
}

/** The type that an entry of DT_RELR, which has none, stands for. */
export const relrType = R_X86_64.RELATIVE;

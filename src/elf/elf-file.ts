/**
 * What one ELF file says, decoded and checked: the value that `readElf` returns and everything later reads.
 * Field names are the ELF specification's meaning in plain words; the raw layouts stay inside this folder.
 * Addresses here are `Vaddr`: relative to the load bias.
 */
import type { FileOffset, Vaddr } from '../util/units.ts';

/**
 * Header, segments, dynamic table and notes are decoded at once. Sections, symbols, relocations, PLT and function ranges
 * are decoded when first asked for and kept: reading one of those may throw ElfError.
 */
export interface ElfFile {
  /** The path that it was read from. */
  readonly path: string;
  /** The whole file. */
  readonly bytes: Buffer;
  readonly header: ElfHeader;
  /** Program headers, in file order. */
  readonly segments: readonly Segment[];
  /** Section headers; empty where the file has none. */
  readonly sections: readonly Section[];
  /** PT_INTERP; absent in libraries and static programs. */
  readonly interpreter?: string;
  /** PT_DYNAMIC; absent in static programs. */
  readonly dynamic?: DynamicTable;
  /** DT_SYMTAB by DT_HASH / DT_GNU_HASH; empty where there is none. */
  readonly symbols: SymbolTable;
  /** DT_RELR, DT_RELA, DT_REL, DT_JMPREL, in the order in which ld.so applies them: relr, rela/rel, jmprel. */
  readonly relocations: readonly Relocation[];
  /** PT_NOTE. */
  readonly notes: readonly Note[];
  /** NT_GNU_BUILD_ID of PT_NOTE, as hexadecimal digits. */
  readonly buildId?: string;
  /** PT_TLS. */
  readonly tls?: TlsTemplate;
  /** Slots of `.plt`, `.plt.got` and `.plt.sec` with the GOT slot that each jumps through and its symbol. */
  readonly plt: readonly PltSlot[];
  /** Address ranges of functions from `.eh_frame` (by PT_GNU_EH_FRAME or section), ascending, for later decoding. */
  readonly functionRanges: readonly FunctionRange[];
}

export interface ElfHeader {
  readonly class: 32 | 64;
  readonly byteOrder: 'little' | 'big';
  /** e_type: 2 ET_EXEC, 3 ET_DYN, … */
  readonly type: number;
  /** e_machine. */
  readonly machine: number;
  readonly entry: Vaddr;
  readonly programHeaderOffset: FileOffset;
  /** e_phentsize, bytes. */
  readonly programHeaderSize: number;
  /** e_phnum as it stands: 0xffff where section 0 has the count. */
  readonly programHeaderCount: number;
  readonly sectionHeaderOffset: FileOffset;
  /** e_shentsize, bytes. */
  readonly sectionHeaderSize: number;
  /** e_shnum as it stands: 0 where section 0 has the count, or where there are none. */
  readonly sectionHeaderCount: number;
  /** e_shstrndx as it stands: 0xffff where section 0 has it. */
  readonly sectionNamesIndex: number;
  readonly flags: number;
}

export interface Segment {
  /** p_type: PT. */
  readonly type: number;
  /** p_flags: PF. */
  readonly flags: number;
  readonly offset: FileOffset;
  readonly address: Vaddr;
  /** p_filesz, bytes. */
  readonly fileSize: number;
  /** p_memsz, bytes. */
  readonly memorySize: number;
  readonly alignment: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: Vaddr;
  readonly offset: FileOffset;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly entrySize: number;
}

export interface DynamicTable {
  readonly needed: readonly string[];
  readonly soname?: string;
  readonly rpath?: string;
  readonly runpath?: string;
  /** DT_FLAGS. */
  readonly flags: number;
  /** DT_FLAGS_1. */
  readonly flags1: number;
  /** DT_PLTGOT. */
  readonly pltGot?: Vaddr;
  /** DT_BIND_NOW, DF_BIND_NOW or DF_1_NOW. */
  readonly bindNow: boolean;
  /** DT_TEXTREL or DF_TEXTREL. */
  readonly textRelocations: boolean;
  /** DT_SYMBOLIC or DF_SYMBOLIC. */
  readonly symbolic: boolean;
  /** Every entry as it stands, up to DT_NULL. */
  readonly entries: readonly { readonly tag: number; readonly value: bigint }[];
}

/** The dynamic symbols. Entries are decoded when first asked for. */
export interface SymbolTable {
  /** Entries, with the null symbol 0. */
  readonly count: number;
  /** Throws ElfError when out of range. */
  at(index: number): ElfSymbol;
  /**
   * The index of a defined symbol of that name by DT_GNU_HASH (or DT_HASH), 0 where there is none that `accept` takes.
   * `accept` sees each candidate with that name.
   */
  find(name: SymbolName, accept: (index: number) => boolean): number;
  /** By DT_GNU_HASH the hashes of all that `find` can find, of which bit 0 says nothing; absent where the file has no such table. */
  readonly hashes?: Uint32Array;
}

/** A name with its hashes computed once, for look-ups in many modules. */
export interface SymbolName {
  readonly text: string;
  /** The name's bytes, without the closing zero. */
  readonly bytes: Uint8Array;
  readonly gnuHash: number;
  readonly sysvHash: number;
}

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly value: Vaddr;
  readonly size: number;
  /** st_info >> 4: 0 local, 1 global, 2 weak, 10 unique. */
  readonly binding: number;
  /** st_info & 15: 0 none, 1 object, 2 function, 3 section, 6 TLS, 10 IFUNC. */
  readonly type: number;
  /** st_other & 3: 0 default, 1 internal, 2 hidden, 3 protected. */
  readonly visibility: number;
  /** st_shndx: 0 undefined, 0xfff1 absolute. */
  readonly sectionIndex: number;
  /** DT_VERSYM with DT_VERDEF / DT_VERNEED; absent where the file or symbol has no version (index 0 or 1). */
  readonly version?: SymbolVersion;
  /** The raw DT_VERSYM index without the hidden bit; undefined where the file has no DT_VERSYM. */
  readonly versionIndex?: number;
}

export interface SymbolVersion {
  readonly name: string;
  /** ELF hash of the name, from the file's own table. */
  readonly hash: number;
  /** DT_VERSYM bit 15: not the default version of the name. */
  readonly hidden: boolean;
  /** For a needed version: the file that must provide it (vn_file). */
  readonly file?: string;
  /** vna_flags VER_FLG_WEAK. */
  readonly weak: boolean;
}

export interface Relocation {
  readonly table: 'relr' | 'rela' | 'rel' | 'jmprel';
  /** Where it writes. */
  readonly address: Vaddr;
  /** Of the machine: `formulaOf` says what it means. RELR entries have `relrType`. */
  readonly type: number;
  /** Index of the symbol; 0 where it has none. */
  readonly symbol: number;
  /** r_addend; for RELR and REL the value that stands in the file at `address`. */
  readonly addend: number;
}

export interface Note {
  readonly name: string;
  readonly type: number;
  readonly descriptor: Buffer;
}

export interface TlsTemplate {
  readonly address: Vaddr;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: number;
}

export interface PltSlot {
  readonly section: '.plt' | '.plt.got' | '.plt.sec';
  readonly address: Vaddr;
  /** Bytes: 16 or 8. */
  readonly size: number;
  /** The GOT slot that it jumps through. */
  readonly gotSlot: Vaddr;
  /** Index of the symbol of the relocation that fills that slot; 0 for an IRELATIVE one. */
  readonly symbol: number;
}

export interface FunctionRange {
  readonly address: Vaddr;
  readonly size: number;
}

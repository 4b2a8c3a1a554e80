/** The dynamic symbols (gABI chapter 'Symbol Table'): DT_SYMTAB, found through DT_GNU_HASH or DT_HASH. */
import { ElfError } from '../util/errors.ts';
import { DT, SHN, SHT } from './constants.ts';
import { dynamicStrings, type DynamicValues } from './dynamic.ts';
import type { ElfSymbol, Section, SymbolTable } from './elf-file.ts';
import { gnuHashTable, sysvHashTable, type HashTable } from './hash-tables.ts';
import type { LoadedBytes } from './loaded-bytes.ts';
import type { Table } from './table.ts';
import { readVersions, type VersionTable } from './versions.ts';

const entrySize = 24;

/** The table of a file that has none. */
export function noSymbols(path: string): SymbolTable {
  return {
    count: 0,
    at(index) {
      throw new ElfError(path, 'DT_SYMTAB', undefined, `missing, but symbol ${index} is needed`);
    },
    find: () => 0,
    hashes: new Uint32Array(0),
  };
}

/** Sources of the number of symbols beside the hash tables; asked only where those do not have it. */
export interface CountSources {
  readonly sections: () => readonly Section[];
  /** One more than the largest symbol index in the relocations. */
  readonly relocated: () => number;
}

/** The dynamic symbols; entries are decoded on demand. Throws ElfError. */
export function readSymbols(values: DynamicValues, loaded: LoadedBytes, sources: CountSources): SymbolTable {
  const address = values.optional(DT.SYMTAB);
  if (address === undefined) return noSymbols(values.path);
  values.expectEntrySize(DT.SYMENT, entrySize);
  const hashes = readHashTable(values, loaded);
  const count = symbolCount(values, hashes, sources);
  const table = loaded.table('DT_SYMTAB', address, count * entrySize);
  const strings = dynamicStrings(values, loaded);
  const decoder = symbolDecoder(table, strings, readVersions(values, loaded, count));
  return {
    count,
    at: decoder,
    find: (name, accept) =>
      hashes?.find(name, (index) => isCandidate(table, strings, index, name.bytes) && accept(index)) ?? 0,
    ...(hashes?.gnuHashes && { hashes: hashes.gnuHashes }),
  };
}

function symbolDecoder(
  table: Table,
  strings: Table,
  versions: VersionTable | undefined,
): (index: number) => ElfSymbol {
  const known: (ElfSymbol | undefined)[] = [];
  return (index) => (known[index] ??= symbolAt(table, strings, versions, index));
}

function symbolAt(
  table: Table,
  strings: Table,
  versions: VersionTable | undefined,
  index: number,
): ElfSymbol {
  const at = index * entrySize;
  const info = table.u8(at + 4);
  const version = versions?.of(index);
  return {
    index,
    name: strings.text(table.u32(at)),
    value: table.u64(at + 8),
    size: table.u64(at + 16),
    binding: info >> 4,
    type: info & 15,
    visibility: table.u8(at + 5) & 3,
    sectionIndex: table.u16(at + 6),
    ...(version && { version }),
    ...(versions && { versionIndex: versions.index(index) }),
  };
}

/**
 * Whether the symbol has that name and may define it. An undefined symbol with a value does: the address of a function's
 * PLT slot in an executable that is no PIE.
 */
function isCandidate(table: Table, strings: Table, index: number, name: Uint8Array): boolean {
  const at = index * entrySize;
  if (!strings.hasText(table.u32(at), name)) return false;
  return table.u16(at + 6) !== SHN.UNDEF || table.raw64(at + 8) !== 0n;
}

/** DT_GNU_HASH where the file has both, as ld.so. */
function readHashTable(values: DynamicValues, loaded: LoadedBytes): HashTable | undefined {
  const gnu = values.optional(DT.GNU_HASH);
  if (gnu !== undefined) return gnuHashTable(loaded.rest('DT_GNU_HASH', gnu));
  const sysv = values.optional(DT.HASH);
  return sysv === undefined ? undefined : sysvHashTable(loaded.rest('DT_HASH', sysv));
}

/**
 * No tag has the number of symbols. DT_HASH has it; DT_GNU_HASH has it only where the file defines symbols, since the
 * undefined ones are not in it. Otherwise the section header has it, or what the relocations use.
 */
function symbolCount(values: DynamicValues, hashes: HashTable | undefined, sources: CountSources): number {
  const hashed = hashes?.symbolCount ?? 0;
  if (!values.has(DT.GNU_HASH) && values.has(DT.HASH)) return hashed;
  const section = sources
    .sections()
    .find(({ type, address }) => type === SHT.DYNSYM && address === values.optional(DT.SYMTAB));
  return Math.max(hashed, section === undefined ? sources.relocated() : Math.floor(section.size / entrySize));
}

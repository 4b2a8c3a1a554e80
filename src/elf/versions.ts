/** Symbol versions (LSB chapter 'Symbol Versioning'): DT_VERSYM, DT_VERDEF, DT_VERNEED. */
import { DT, VER_FLG, VER_NDX } from './constants.ts';
import type { SymbolVersion } from './elf-file.ts';
import { dynamicStrings, type DynamicValues } from './dynamic.ts';
import type { LoadedBytes } from './loaded-bytes.ts';
import type { Table } from './table.ts';

/** A version without what DT_VERSYM says of the single symbol. */
type Version = Omit<SymbolVersion, 'hidden'>;

export interface VersionTable {
  /** The index in DT_VERSYM without the hidden bit. Throws ElfError. */
  index(symbol: number): number;
  /** The symbol's version, undefined where it has none. Throws ElfError where its index is not defined. */
  of(symbol: number): SymbolVersion | undefined;
}

/** The versions of a file with `symbolCount` symbols; undefined where it has no DT_VERSYM. Throws ElfError. */
export function readVersions(
  values: DynamicValues,
  loaded: LoadedBytes,
  symbolCount: number,
): VersionTable | undefined {
  const address = values.optional(DT.VERSYM);
  if (address === undefined) return undefined;
  const table = loaded.table('DT_VERSYM', address, symbolCount * 2);
  const versions = new Map([...definedVersions(values, loaded), ...neededVersions(values, loaded)]);
  const known = new Map<number, SymbolVersion>();
  return {
    index: (symbol) => table.u16(symbol * 2) % VER_NDX.HIDDEN,
    of(symbol) {
      const raw = table.u16(symbol * 2);
      const index = raw % VER_NDX.HIDDEN;
      if (index <= VER_NDX.GLOBAL) return undefined;
      const version = known.get(raw) ?? withHidden(versions.get(index), raw >= VER_NDX.HIDDEN);
      if (version === undefined) throw table.fail(symbol * 2, `version index ${index} is not defined`);
      known.set(raw, version);
      return version;
    },
  };
}

function withHidden(version: Version | undefined, hidden: boolean): SymbolVersion | undefined {
  return version && { ...version, hidden };
}

/** DT_VERDEF: index to version. */
function definedVersions(values: DynamicValues, loaded: LoadedBytes): Map<number, Version> {
  const found = new Map<number, Version>();
  const address = values.optional(DT.VERDEF);
  if (address === undefined) return found;
  const strings = dynamicStrings(values, loaded);
  const table = loaded.rest('DT_VERDEF', address);
  for (const at of linked(table, 0, values.required(DT.VERDEFNUM), 16)) {
    const index = table.u16(at + 4) % VER_NDX.HIDDEN;
    const name = strings.text(table.u32(at + table.u32(at + 12)));
    found.set(index, { name, hash: table.u32(at + 8), weak: isWeak(table.u16(at + 2)) });
  }
  return found;
}

/** DT_VERNEED: index to version, with the file that must have it. */
function neededVersions(values: DynamicValues, loaded: LoadedBytes): Map<number, Version> {
  const found = new Map<number, Version>();
  const address = values.optional(DT.VERNEED);
  if (address === undefined) return found;
  const strings = dynamicStrings(values, loaded);
  const table = loaded.rest('DT_VERNEED', address);
  let total = 0;
  for (const need of linked(table, 0, values.required(DT.VERNEEDNUM), 12)) {
    const count = table.u16(need + 2);
    total += count;
    if (total > VER_NDX.HIDDEN) throw table.fail(need + 2, `${total} versions, more than there are indexes`);
    const file = strings.text(table.u32(need + 4));
    for (const at of linked(table, need + table.u32(need + 8), count, 12)) {
      const index = table.u16(at + 6) % VER_NDX.HIDDEN;
      const name = strings.text(table.u32(at + 8));
      found.set(index, { name, hash: table.u32(at), file, weak: isWeak(table.u16(at + 4)) });
    }
  }
  return found;
}

/** The places of a list's entries: each has the distance to the next, 0 in the last, at `nextField`. */
function* linked(table: Table, first: number, count: number, nextField: number): Generator<number> {
  let at = first;
  for (let seen = 0; seen < count; seen++) {
    yield at;
    const distance = table.u32(at + nextField);
    if (distance === 0) return;
    at += distance;
  }
}

function isWeak(flags: number): boolean {
  return (flags & VER_FLG.WEAK) !== 0;
}

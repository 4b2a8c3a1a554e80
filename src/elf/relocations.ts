/** Dynamic relocations (gABI chapter 'Relocation'): DT_RELR, DT_RELA, DT_REL, DT_JMPREL. */
import { DT } from './constants.ts';
import type { DynamicValues } from './dynamic.ts';
import type { Relocation } from './elf-file.ts';
import type { LoadedBytes } from './loaded-bytes.ts';
import { relrType } from '../machine/relocations.ts';
import { relrAddresses } from './relr.ts';
import type { Table } from './table.ts';

const relaSize = 24;
const relSize = 16;
const relrSize = 8;

/** All dynamic relocations, in the order in which ld.so applies them. Throws ElfError. */
export function readRelocations(values: DynamicValues, loaded: LoadedBytes): Relocation[] {
  return relrRelocations(values, loaded).concat(
    tableRelocations(values, loaded, 'rela'),
    tableRelocations(values, loaded, 'rel'),
    jumpRelocations(values, loaded),
  );
}

function relrRelocations(values: DynamicValues, loaded: LoadedBytes): Relocation[] {
  const address = values.optional(DT.RELR);
  if (address === undefined) return [];
  values.expectEntrySize(DT.RELRENT, relrSize);
  const table = loaded.table('DT_RELR', address, wholeEntries(values, DT.RELRSZ, relrSize));
  return relrAddresses(table).map((place) => ({
    table: 'relr',
    address: place,
    type: relrType,
    symbol: 0,
    addend: loaded.word('word of DT_RELR', place),
  }));
}

function tableRelocations(values: DynamicValues, loaded: LoadedBytes, kind: 'rela' | 'rel'): Relocation[] {
  const [tag, sizeTag, entryTag, entrySize] =
    kind === 'rela' ? [DT.RELA, DT.RELASZ, DT.RELAENT, relaSize] : [DT.REL, DT.RELSZ, DT.RELENT, relSize];
  const address = values.optional(tag);
  if (address === undefined) return [];
  values.expectEntrySize(entryTag, entrySize);
  const size = wholeEntries(values, sizeTag, entrySize) - jumpOverlap(values, tag, sizeTag);
  const table = loaded.table(kind === 'rela' ? 'DT_RELA' : 'DT_REL', address, size);
  return kind === 'rela' ? decodeRela(table, 'rela') : decodeRel(table, 'rel', loaded);
}

function jumpRelocations(values: DynamicValues, loaded: LoadedBytes): Relocation[] {
  const address = values.optional(DT.JMPREL);
  if (address === undefined) return [];
  const kind = values.required(DT.PLTREL);
  if (kind !== DT.RELA && kind !== DT.REL)
    throw values.fail(DT.PLTREL, `value ${kind} is neither DT_RELA nor DT_REL`);
  const size = wholeEntries(values, DT.PLTRELSZ, kind === DT.RELA ? relaSize : relSize);
  const table = loaded.table('DT_JMPREL', address, size);
  return kind === DT.RELA ? decodeRela(table, 'jmprel') : decodeRel(table, 'jmprel', loaded);
}

/** Bytes at the end of DT_RELA or DT_REL that are DT_JMPREL too; some linkers count them twice, ld.so applies them once. */
function jumpOverlap(values: DynamicValues, tag: number, sizeTag: number): number {
  const jump = values.optional(DT.JMPREL);
  const jumpSize = values.optional(DT.PLTRELSZ) ?? 0;
  const [begin, size] = [values.required(tag), values.required(sizeTag)];
  return jump !== undefined && jump >= begin && jump + jumpSize === begin + size ? jumpSize : 0;
}

// The loops below decode half a million entries of a large program: one literal an entry, no helper objects.

function decodeRela(table: Table, name: Relocation['table']): Relocation[] {
  const relocations: Relocation[] = [];
  for (let at = 0; at < table.size; at += relaSize) {
    relocations.push({
      table: name,
      address: table.u64(at),
      type: table.u32(at + 8),
      symbol: table.u32(at + 12),
      addend: table.i64(at + 16),
    });
  }
  return relocations;
}

function decodeRel(table: Table, name: Relocation['table'], loaded: LoadedBytes): Relocation[] {
  const relocations: Relocation[] = [];
  for (let at = 0; at < table.size; at += relSize) {
    const address = table.u64(at);
    const addend = loaded.word('word of DT_REL', address);
    relocations.push({ table: name, address, type: table.u32(at + 8), symbol: table.u32(at + 12), addend });
  }
  return relocations;
}

/** A table's size in bytes, which must be a multiple of its entry's. */
function wholeEntries(values: DynamicValues, sizeTag: number, entrySize: number): number {
  const size = values.required(sizeTag);
  if (size % entrySize !== 0) throw values.fail(sizeTag, `${size} bytes, no multiple of ${entrySize}`);
  return size;
}

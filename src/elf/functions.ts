/**
 * The functions that a file names, for tools only: .symtab, which has those of .dynsym, too; where it was stripped, the dynamic symbols.
 * Nothing depends on them, so that a table which cannot be read names none.
 */
import { attempt } from '../util/outcome.ts';
import type { Vaddr } from '../util/units.ts';
import { SHN, SHT, STT } from './constants.ts';
import type { ElfFile, Section } from './elf-file.ts';
import { symbolEntry } from './structures.ts';

export interface NamedFunction {
  /** The name's bytes are those from `start` to `end`. */
  readonly strings: Buffer;
  readonly start: number;
  readonly end: number;
  /** st_info, and st_other in its upper byte. */
  readonly info: number;
  readonly value: Vaddr;
  readonly size: number;
}

/** In the table's order. */
export function namedFunctions(elf: ElfFile): NamedFunction[] {
  const read = attempt(() => {
    const find = (wanted: number) => elf.sections.find(({ type, size }) => type === wanted && size > 0);
    const table = find(SHT.SYMTAB) ?? find(SHT.DYNSYM);
    return table ? functionsOf(elf, table) : [];
  });
  return 'value' in read ? read.value : [];
}

function functionsOf({ bytes, sections }: ElfFile, table: Section): NamedFunction[] {
  const names = sections[table.link];
  if (!names) return [];
  const strings = bytes.subarray(names.offset, names.offset + names.size);
  const symbols = bytes.subarray(table.offset, table.offset + table.size);
  const found: NamedFunction[] = [];
  for (let at = 0; at + symbolEntry.size <= symbols.length; at += symbolEntry.size) {
    const info = symbols.readUInt16LE(at + 4);
    const type = info & 15;
    if (type !== STT.FUNC && type !== STT.GNU_IFUNC) continue;
    if (symbols.readUInt16LE(at + 6) === SHN.UNDEF) continue;
    const start = symbols.readUInt32LE(at);
    const end = strings.indexOf(0, start);
    if (end <= start) continue;
    const value = Number(symbols.readBigUInt64LE(at + 8));
    const size = Number(symbols.readBigUInt64LE(at + 16));
    found.push({ strings, start, end, info, value, size });
  }
  return found;
}

/**
 * The functions that a file names, for tools only: .symtab, which has those of .dynsym, too; where it was stripped, the dynamic symbols.
 */
import type { Vaddr } from '../util/units.ts';
import { SHN, SHT, STT } from './constants.ts';
import type { Section } from './elf-file.ts';
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

export interface FunctionTable {
  readonly symbols: Section;
  readonly strings: Section;
}

/** The sections that name functions; undefined where there are none. */
export function functionTable(sections: readonly Section[]): FunctionTable | undefined {
  const find = (wanted: number) => sections.find(({ type, size }) => type === wanted && size > 0);
  const symbols = find(SHT.SYMTAB) ?? find(SHT.DYNSYM);
  const strings = symbols && sections[symbols.link];
  return symbols && strings && { symbols, strings };
}

/** In the table's order. */
export function namedFunctions(bytes: Buffer, table: FunctionTable): NamedFunction[] {
  const contents = ({ offset, size }: Section): Buffer => bytes.subarray(offset, offset + size);
  const symbols = contents(table.symbols);
  const strings = contents(table.strings);
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

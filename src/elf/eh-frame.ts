/**
 * Function ranges from `.eh_frame` (LSB chapter 'Exception Frames'): the section is a list of records; each FDE says which
 * range of code it is for, and points to a CIE that says how its pointers are encoded.
 */
import type { Vaddr } from '../util/units.ts';
import { Cursor } from './cursor.ts';
import type { FunctionRange } from './elf-file.ts';
import { DW_EH_PE, readEncodedPointer, readEncodedSize, skipEncodedPointer } from './encoded-pointer.ts';
import type { Table } from './table.ts';

/** The bytes of `.eh_frame`. */
export interface FrameTable {
  readonly table: Table;
  readonly address: Vaddr;
  /** Whether a record of length 0 ends the table; else its size does, and such records are passed over. */
  readonly endsWithZero: boolean;
}

interface FrameRecord {
  /** Where its id field begins, and where the record ends. */
  readonly idAt: number;
  readonly end: number;
  /** Bytes of the id field. */
  readonly idSize: number;
}

/** All function ranges, ascending, each once, without those of size 0. Throws ElfError. */
export function frameRanges(frames: FrameTable): FunctionRange[] {
  const { table } = frames;
  const encodings = new Map<number, number>();
  const ranges: FunctionRange[] = [];
  for (let at = 0; at < table.size;) {
    const record = recordAt(table, at);
    if (record === undefined) {
      if (frames.endsWithZero) break;
      at += 4;
      continue;
    }
    const id = record.idSize === 8 ? table.u64(record.idAt) : table.u32(record.idAt);
    if (id !== 0) {
      const cie = record.idAt - id;
      const encoding = encodings.get(cie) ?? cieEncoding(frames, cie);
      encodings.set(cie, encoding);
      const range = fdeRange(frames, record, encoding);
      if (range.size > 0) ranges.push(range);
    }
    at = record.end;
  }
  return ascending(ranges);
}

/** The record's place; undefined for length 0. A length of 0xffffffff says that 64 bits with the length follow. */
function recordAt(table: Table, at: number): FrameRecord | undefined {
  // A table's last bytes may be padding, shorter than a length.
  const short = table.size - at < 4 ? 0 : table.u32(at);
  if (short === 0) return undefined;
  const isLong = short === 0xffffffff;
  const bodyAt = at + (isLong ? 12 : 4);
  const end = bodyAt + (isLong ? table.u64(at + 4) : short);
  const idSize = isLong ? 8 : 4;
  if (end > table.size || end < bodyAt + idSize)
    throw table.fail(at, `record of ${end - bodyAt} bytes does not fit`);
  return { idAt: bodyAt, end, idSize };
}

/** The encoding of the pointers in a CIE's FDEs. */
function cieEncoding(frames: FrameTable, at: number): number {
  const { table } = frames;
  const record = recordAt(table, at);
  if (record === undefined || (record.idSize === 8 ? table.u64(record.idAt) : table.u32(record.idAt)) !== 0)
    throw table.fail(at, 'an FDE points here, but there is no CIE');
  const cursor = new Cursor(table, record.idAt + record.idSize);
  const version = cursor.u8();
  const augmentation = cursor.text();
  if (augmentation === '') return DW_EH_PE.absptr;
  if (!augmentation.startsWith('z')) throw table.fail(at, `augmentation "${augmentation}" is not supported`);
  if (version === 4) cursor.u16(); // address_size, segment_selector_size
  cursor.uleb(); // code_alignment_factor
  cursor.sleb(); // data_alignment_factor
  if (version === 1) cursor.u8();
  else cursor.uleb(); // return_address_register
  cursor.uleb(); // size of the augmentation data
  return augmentedEncoding(frames, cursor, augmentation.slice(1));
}

/** Reads the augmentation data, letter by letter, up to the one for pointers, `R`. */
function augmentedEncoding(frames: FrameTable, cursor: Cursor, letters: string): number {
  for (const letter of letters) {
    if (letter === 'R') return cursor.u8();
    if (letter === 'L')
      cursor.u8(); // encoding of the language-specific data
    else if (letter === 'P')
      skipEncodedPointer(cursor, cursor.u8(), frames.address); // personality routine
    else if (letter !== 'S' && letter !== 'B')
      throw frames.table.fail(cursor.at, `augmentation letter "${letter}" is not supported`);
  }
  return DW_EH_PE.absptr;
}

function fdeRange(frames: FrameTable, record: FrameRecord, encoding: number): FunctionRange {
  const cursor = new Cursor(frames.table, record.idAt + record.idSize);
  const address = readEncodedPointer(cursor, encoding, frames.address);
  return { address, size: readEncodedSize(cursor, encoding) };
}

function ascending(ranges: FunctionRange[]): FunctionRange[] {
  ranges.sort((a, b) => a.address - b.address || a.size - b.size);
  return ranges.filter(({ address, size }, i) => {
    const before = ranges[i - 1];
    return before?.address !== address || before.size !== size;
  });
}

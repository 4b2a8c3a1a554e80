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
  readonly idAt: number;
  /** 0 in a CIE; in an FDE the distance from this field back to its CIE. */
  readonly id: number;
  /** What follows the id. */
  readonly bodyAt: number;
  /** Where the record ends. */
  readonly end: number;
}

/** All function ranges, ascending, each once, without those of size 0. Throws ElfError. */
export function frameRanges(frames: FrameTable): FunctionRange[] {
  const encodings = new Map<number, number>();
  const ranges: FunctionRange[] = [];
  for (const record of records(frames)) {
    if (record.id === 0) continue;
    const cie = record.idAt - record.id;
    const encoding = encodings.get(cie) ?? cieEncoding(frames, cie);
    encodings.set(cie, encoding);
    const range = fdeRange(frames, record, encoding);
    if (range.size > 0) ranges.push(range);
  }
  return ascending(ranges);
}

/** CIEs and FDEs, in the table's order. */
function* records({ table, endsWithZero }: FrameTable): Generator<FrameRecord> {
  for (let at = 0; at < table.size;) {
    const record = recordAt(table, at);
    if (record !== undefined) yield record;
    else if (endsWithZero) return;
    at = record?.end ?? at + 4;
  }
}

/** The record; undefined for length 0. A length of 0xffffffff says that length and id have 64 bits. */
function recordAt(table: Table, at: number): FrameRecord | undefined {
  // A table's last bytes may be padding, shorter than a length.
  const short = table.size - at < 4 ? 0 : table.u32(at);
  if (short === 0) return undefined;
  const isLong = short === 0xffffffff;
  const idAt = at + (isLong ? 12 : 4);
  const end = idAt + (isLong ? table.u64(at + 4) : short);
  const bodyAt = idAt + (isLong ? 8 : 4);
  if (end > table.size || end < bodyAt) throw table.fail(at, `record of ${end - idAt} bytes does not fit`);
  return { idAt, id: isLong ? table.u64(idAt) : table.u32(idAt), bodyAt, end };
}

/** The encoding of the pointers in a CIE's FDEs. */
function cieEncoding(frames: FrameTable, at: number): number {
  const { table } = frames;
  const record = recordAt(table, at);
  if (record?.id !== 0) throw table.fail(at, 'an FDE points here, but there is no CIE');
  const cursor = new Cursor(table, record.bodyAt);
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
    if (letter === 'L') {
      cursor.u8(); // encoding of the language-specific data
    } else if (letter === 'P') {
      skipEncodedPointer(cursor, cursor.u8(), frames.address); // personality routine
    } else if (letter !== 'S' && letter !== 'B') {
      throw frames.table.fail(cursor.at, `augmentation letter "${letter}" is not supported`);
    }
  }
  return DW_EH_PE.absptr;
}

function fdeRange(frames: FrameTable, record: FrameRecord, encoding: number): FunctionRange {
  const cursor = new Cursor(frames.table, record.bodyAt);
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

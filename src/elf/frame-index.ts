/**
 * How the functions of several modules are unwound: one sorted table (.eh_frame_hdr) over the frames of all of them, which stay where
 * they are in each module's memory. Who has an ELF file only, such as libdw, finds it by PT_GNU_EH_FRAME.
 */
import type { Address } from '../util/units.ts';
import { PT } from './constants.ts';
import type { Segment } from './elf-file.ts';

/** Where the frame (FDE) of the function that begins at an address is. */
interface FrameEntry {
  readonly start: Address;
  readonly frame: Address;
}

export interface FrameIndex {
  /** Where .eh_frame is; of several the first. */
  readonly frames: Address;
  readonly entries: readonly FrameEntry[];
}

/** Version 1, DW_EH_PE_pcrel | sdata4, udata4, DW_EH_PE_datarel | sdata4: what linkers write, and what is written here. */
const form = Buffer.from('011b033b', 'hex');
const headSize = 12;
const entrySize = 8;

/** The table of a file whose load bias is `bias`; undefined where it has none, or none of this form. */
export function frameIndex(
  bytes: Buffer,
  segments: readonly Segment[],
  bias: number,
): FrameIndex | undefined {
  const segment = segments.find(({ type }) => type === PT.GNU_EH_FRAME);
  if (!segment) return undefined;
  const { offset, fileSize } = segment;
  const address = bias + segment.address;
  const table = bytes.subarray(offset, offset + fileSize);
  if (table.length < headSize || table.compare(form, 0, form.length, 0, form.length) !== 0) return undefined;
  const count = Math.min(table.readUInt32LE(8), Math.floor((table.length - headSize) / entrySize));
  const entries = Array.from({ length: count }, (_, index) => {
    const at = headSize + index * entrySize;
    return { start: address + table.readInt32LE(at), frame: address + table.readInt32LE(at + 4) };
  });
  return { frames: address + 4 + table.readInt32LE(4), entries };
}

/** What of several tables is about a range of memory, both functions and frames, as one. */
export function mergeFrames(tables: readonly FrameIndex[], start: Address, end: Address): FrameIndex {
  const isInside = (address: Address): boolean => address >= start && address < end;
  const own = tables.filter(({ frames }) => isInside(frames));
  const entries = own
    .flatMap((table) => table.entries.filter((each) => isInside(each.start) && isInside(each.frame)))
    .sort((a, b) => a.start - b.start);
  return { frames: Math.min(...own.map(({ frames }) => frames)), entries };
}

/** Bytes of a table. */
export function frameIndexSize({ entries }: FrameIndex): number {
  return entries.length === 0 ? 0 : headSize + entries.length * entrySize;
}

/** `entries` ascend; the table comes to `address`. All of it is within 2 GiB. */
export function encodeFrameIndex({ frames, entries }: FrameIndex, address: Address): Buffer {
  const table = Buffer.alloc(frameIndexSize({ frames, entries }));
  if (table.length === 0) return table;
  form.copy(table);
  table.writeInt32LE(frames - address - 4, 4);
  table.writeUInt32LE(entries.length, 8);
  entries.forEach(({ start, frame }, index) => {
    const at = headSize + index * entrySize;
    table.writeInt32LE(start - address, at);
    table.writeInt32LE(frame - address, at + 4);
  });
  return table;
}

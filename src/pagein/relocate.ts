/** Relocates what is read of a file: the words in it that hold addresses move by the place's slide. */
import { firstAtLeast } from '../util/search.ts';
import type { FileOffset } from '../util/units.ts';

const wordSize = 8;

export interface RelocatedRead {
  readonly bytes: Buffer;
  /** Words that were moved, those at the borders included. */
  readonly relocations: number;
}

/**
 * `read`: the file without a slide, up to `size` bytes. A word may lie across the borders of what is asked for: it is read
 * whole, moved, and cut.
 */
export function relocatedRead(
  read: (offset: FileOffset, length: number) => Buffer,
  { size, words }: { readonly size: number; readonly words: Uint32Array },
  slide: bigint,
  offset: FileOffset,
  length: number,
): RelocatedRead {
  const end = Math.min(offset + length, size);
  if (end <= offset) return { bytes: Buffer.alloc(0), relocations: 0 };
  const first = firstAtLeast(words, offset - wordSize + 1);
  const begin = Math.min(offset, words[first] ?? offset);
  const wide = Math.min(end + wordSize - 1, size);
  const bytes = Buffer.from(read(begin, wide - begin));
  const moving = words.subarray(first, firstAtLeast(words, end));
  for (const word of moving) {
    const at = word - begin;
    bytes.writeBigUInt64LE(BigInt.asUintN(64, bytes.readBigUInt64LE(at) + slide), at);
  }
  return { bytes: bytes.subarray(offset - begin, end - begin), relocations: moving.length };
}

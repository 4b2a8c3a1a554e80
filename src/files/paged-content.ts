/**
 * The content of a file that places show: pages as they are without any slide, then of each word that moves the distance of its
 * offset from the one before, as a 32-bit number, then their count and the bytes of the pages as 64-bit numbers, little-endian.
 * Offsets themselves would compress to as much as the pages do, distances to a twentieth of that: most are 8, 16 or 24.
 */
import { Refusal } from '../util/errors.ts';
import type { FileOffset } from '../util/units.ts';

const footerSize = 16;
const distanceSize = 4;
const wordSize = 8;

export interface PagedContent {
  /** Bytes of the pages. */
  readonly size: number;
  /** Offsets of 64-bit words, ascending, without overlaps. */
  readonly words: Uint32Array;
}

/** What follows the pages. Files have less than 4 GiB. Throws Refusal for words that overlap. */
export function encodeWords(size: number, offsets: readonly FileOffset[]): Buffer {
  const sorted = Uint32Array.from(new Set(offsets)).sort();
  if (!areApart(sorted, size)) throw new Refusal('it has addresses that overlap');
  const footer = Buffer.alloc(footerSize);
  footer.writeBigUInt64LE(BigInt(sorted.length), 0);
  footer.writeBigUInt64LE(BigInt(size), 8);
  const distances = sorted.map((offset, index) => (index === 0 ? offset : offset - sorted[index - 1]!));
  return Buffer.concat([Buffer.from(distances.buffer), footer]);
}

/** Reads it back from a file of `length` bytes. Throws RangeError where it is none of these. */
export function decodeWords(length: number, read: (offset: number, length: number) => Buffer): PagedContent {
  if (length < footerSize) throw new RangeError('it has no footer');
  const footer = read(length - footerSize, footerSize);
  const [count, size] = [Number(footer.readBigUInt64LE(0)), Number(footer.readBigUInt64LE(8))];
  if (size + count * distanceSize + footerSize !== length) throw new RangeError('its footer does not fit');
  const bytes = read(size, count * distanceSize);
  const words = new Uint32Array(count);
  for (let index = 0, last = 0; index < count; index++)
    words[index] = last += bytes.readUInt32LE(index * distanceSize);
  if (!areApart(words, size)) throw new RangeError('its words overlap, or are outside of its pages');
  return { size, words };
}

/** Ascending, without overlaps, inside: then what a page gets does not depend on what else is asked for then. */
function areApart(words: Uint32Array, size: number): boolean {
  let free = 0;
  for (const word of words) {
    if (word < free) return false;
    free = word + wordSize;
  }
  return free <= size || words.length === 0;
}

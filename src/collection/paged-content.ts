/**
 * The content of a file that places show: pages as they are without any slide, then the offsets of the words that move, as
 * little-endian 32-bit numbers in ascending order, then their count and the bytes of the pages as 64-bit numbers.
 */
import type { FileOffset } from '../util/units.ts';

const footerSize = 16;
const offsetSize = 4;

export interface PagedContent {
  /** Bytes of the pages. */
  readonly size: number;
  /** Offsets of 64-bit words, ascending, each once. */
  readonly words: Uint32Array;
}

/** What follows the pages. Files have less than 4 GiB. */
export function encodeWords(size: number, offsets: readonly FileOffset[]): Buffer {
  const sorted = Uint32Array.from(new Set(offsets)).sort();
  const footer = Buffer.alloc(footerSize);
  footer.writeBigUInt64LE(BigInt(sorted.length), 0);
  footer.writeBigUInt64LE(BigInt(size), 8);
  return Buffer.concat([Buffer.from(sorted.buffer), footer]);
}

/** Reads it back from a file of `length` bytes. Throws RangeError where it is none of these. */
export function decodeWords(length: number, read: (offset: number, length: number) => Buffer): PagedContent {
  if (length < footerSize) throw new RangeError('it has no footer');
  const footer = read(length - footerSize, footerSize);
  const [count, size] = [Number(footer.readBigUInt64LE(0)), Number(footer.readBigUInt64LE(8))];
  if (size + count * offsetSize + footerSize !== length) throw new RangeError('its footer does not fit');
  const bytes = read(size, count * offsetSize);
  const words = new Uint32Array(count);
  for (let index = 0; index < count; index++) words[index] = bytes.readUInt32LE(index * offsetSize);
  return { size, words };
}

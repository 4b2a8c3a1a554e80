/** What is read of a relocated file is a piece of the file relocated as a whole, wherever words and ranges meet. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeWords, encodeWords } from '../../src/files/paged-content.ts';
import { relocatedRead } from '../../src/pagein/relocate.ts';
import { Refusal } from '../../src/util/errors.ts';

const pageSize = 4096;
const size = 4 * pageSize;

/** Where words are: some beside each other, some across pages, one at the very end. */
const offsets = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: size - 8 }),
      fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -8, max: 0 }))
        .map(([page, at]) => page * pageSize + at),
      fc.integer({ min: 0, max: size / 8 - 1 }).map((index) => index * 8),
      fc.constant(size - 8),
    ),
    { maxLength: 200 },
  )
  .map(withoutOverlaps);

function withoutOverlaps(all: readonly number[]): number[] {
  const apart: number[] = [];
  for (const offset of [...all].sort((a, b) => a - b))
    if (offset >= (apart.at(-1) ?? -8) + 8) apart.push(offset);
  return apart;
}

const slides = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 1n, max: 2n ** 45n }),
  fc.constant(2n ** 64n - 4096n),
);

/** The simple way: all of the file, byte by byte. */
function relocateWhole(bytes: Buffer, words: readonly number[], slide: bigint): Buffer {
  const whole = Buffer.from(bytes);
  for (const word of words) {
    let value = 0n;
    for (let index = 7; index >= 0; index--) value = value * 256n + BigInt(whole[word + index] ?? 0);
    value = (value + slide) % 2n ** 64n;
    for (let index = 0; index < 8; index++) {
      whole[word + index] = Number(value % 256n);
      value /= 256n;
    }
  }
  return whole;
}

test('any range of a relocated file', () => {
  const bytes = randomBytes(size);
  const read = (offset: number, length: number): Buffer => {
    if (offset < 0 || offset + length > size) throw new RangeError(`${length} bytes at ${offset}`);
    return bytes.subarray(offset, offset + length);
  };
  const ranges = fc.array(fc.tuple(fc.nat(size + 10), fc.nat(2 * pageSize)), { maxLength: 20 });
  const before = Buffer.from(bytes);
  fc.assert(
    fc.property(offsets, slides, ranges, (words, slide, some) => {
      const whole = relocateWhole(bytes, words, slide);
      const content = { size, words: Uint32Array.from(words) };
      const pages = [0, 1, 2, 3].map((page) => [page * pageSize, pageSize] as const);
      for (const [offset, length] of [...pages, ...some]) {
        const answer = relocatedRead(read, content, slide, offset, length);
        expect(answer.bytes.equals(whole.subarray(offset, offset + length))).toBe(true);
        const touched = words.filter((word) => word + 8 > offset && word < Math.min(offset + length, size));
        expect(answer.relocations).toBe(length === 0 || offset >= size ? 0 : touched.length);
      }
    }),
    { numRuns: 300 },
  );
  expect(bytes.equals(before)).toBe(true);
});

describe('the list of words', () => {
  const readOf = (bytes: Buffer) => (offset: number, length: number) => {
    if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError('past the end');
    return bytes.subarray(offset, offset + length);
  };

  test('comes back, sorted and each once', () => {
    fc.assert(
      fc.property(offsets, (words) => {
        const mixed = [...words].reverse().concat(words);
        const bytes = Buffer.concat([Buffer.alloc(size), encodeWords(size, mixed)]);
        expect(decodeWords(bytes.length, readOf(bytes))).toEqual({ size, words: Uint32Array.from(words) });
      }),
    );
  });

  test.each([[[8, 12]], [[size - 4]]])('of what cannot be relocated page by page is refused: %j', (words) => {
    expect(() => encodeWords(size, words)).toThrow(Refusal);
  });

  /** A file with these words and these numbers at its end. */
  function forge(words: readonly number[], count: bigint, pages: bigint): Buffer {
    const footer = Buffer.alloc(16);
    footer.writeBigUInt64LE(count, 0);
    footer.writeBigUInt64LE(pages, 8);
    const distances = words.map((word, index) => word - (words[index - 1] ?? 0));
    return Buffer.concat([Buffer.alloc(pageSize), Buffer.from(Uint32Array.from(distances).buffer), footer]);
  }
  const whole = BigInt(pageSize);

  test.each<[string, Buffer]>([
    ['no footer', Buffer.alloc(15)],
    ['too many words', forge([8], 2n, whole)],
    ['too few', forge([8, 16], 1n, whole)],
    ['more words than there is memory for', forge([], 2n ** 62n, whole)],
    ['more pages than the file has', forge([8], 1n, 2n ** 63n)],
    ['words out of order', forge([16, 8], 2n, whole)],
    ['a word twice', forge([8, 8], 2n, whole)],
    ['words that overlap', forge([8, 12], 2n, whole)],
    ['a word out of all bounds', forge([8, 2 ** 32 + 8], 2n, whole)],
    ['a word outside of the pages', forge([pageSize], 1n, whole)],
    ['a word that ends outside', forge([pageSize - 7], 1n, whole)],
  ])('with %s is refused', (_, bytes) => {
    expect(() => decodeWords(bytes.length, readOf(bytes))).toThrow(RangeError);
    expect(() => decodeWords(bytes.length, readOf(bytes))).not.toThrow('past the end');
  });

  test('with the last word of the pages is read', () => {
    const bytes = forge([8, pageSize - 8], 2n, whole);
    expect([...decodeWords(bytes.length, readOf(bytes)).words]).toEqual([8, pageSize - 8]);
  });
});

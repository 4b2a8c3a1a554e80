/** Structures: read as they were written, each field where C has it, and none forgotten. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, decodeWide, encode, encodeInto, structure } from '../../src/util/structure.ts';

const sample = structure({ small: 'u16', word: 'u32', signed: 'i32', wide: 'u64', signedWide: 'i64' });

const values = fc.record({
  small: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  word: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  signed: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  wide: fc.bigInt(0n, 2n ** 64n - 1n),
  signedWide: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
});

test('what is written is read, alone and at an offset, narrow and wide', () => {
  fc.assert(
    fc.property(values, fc.nat(9), (given, offset) => {
      expect(decode(sample, encode(sample, given))).toEqual(given);
      const into = Buffer.alloc(offset + sample.size);
      encodeInto(sample, given, into, offset);
      expect(into.subarray(offset)).toEqual(encode(sample, given));
      const wide = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, BigInt(value)]));
      expect(decodeWide(sample, into, offset)).toEqual(wide);
    }),
  );
});

test('little-endian, one field behind the other', () => {
  const bytes = encode(sample, { small: 0x0102, word: 0x03040506, signed: -2, wide: 7n, signedWide: -1n });
  expect(bytes.toString('hex')).toBe('0201' + '06050403' + 'feffffff' + '0700000000000000' + 'f'.repeat(16));
});

test('a field that a whole structure lacks is no zero', () => {
  const { word: _word, ...rest } = { small: 1, word: 2, signed: 3, wide: 4n, signedWide: 5n };
  const into = Buffer.alloc(sample.size);
  expect(() => {
    encodeInto(sample, rest as typeof rest & { readonly word: number }, into, 0);
  }).toThrow('there is no word');
});

/** Searches by halves answer what a search from the beginning does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstAtLeast, firstFrom, rangeAt } from '../../src/util/search.ts';

const ascending = fc.array(fc.nat(50), { maxLength: 40 }).map((values) => values.sort((a, b) => a - b));

test('the first value that is not below', () => {
  fc.assert(
    fc.property(ascending, fc.nat(52), (values, least) => {
      const first = values.findIndex((value) => value >= least);
      expect(firstAtLeast(values, least)).toBe(first < 0 ? values.length : first);
      expect(firstAtLeast(Uint32Array.from(values), least)).toBe(first < 0 ? values.length : first);
    }),
  );
});

test('the range that holds an address', () => {
  const lengths = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 })), { maxLength: 20 });
  fc.assert(
    fc.property(lengths, fc.nat(150), (gapsAndLengths, address) => {
      let next = 0;
      const ranges = gapsAndLengths.map(([gap, length]) => {
        const start = next + gap;
        next = start + length;
        return { start, end: next };
      });
      expect(rangeAt(ranges, address)).toBe(
        ranges.find(({ start, end }) => address >= start && address < end),
      );
    }),
  );
});

test('numbers above 32 bits', () => {
  expect(firstFrom(0, 2 ** 52, (value) => value >= 2 ** 40 + 7)).toBe(2 ** 40 + 7);
  expect(firstFrom(0, 2 ** 52, () => false)).toBe(2 ** 52);
});

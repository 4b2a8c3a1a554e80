/** Numbers of modules: apart from each other, kept as long as they are held, and the lowest that are free. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Holding, Numbers, Wanted } from '../../src/ranges/addresses.ts';
import { hashName } from '../../src/ranges/hash-name.ts';
import { assignNumbers, numbersEnd } from '../../src/ranges/numbers.ts';

const counts = fc.array(fc.nat({ max: 12 }), { maxLength: 12 });

function wantedOf(counts: readonly number[], prefix: string): Wanted[] {
  return counts.map((numbers, index) => ({
    key: `${prefix}${String(index)}`,
    ...{ size: 4096, alignment: 4096, numbers },
  }));
}

const holdingsOf = (wanted: readonly Wanted[]): Holding[] =>
  wanted.map(({ key, size }) => ({ key, start: 0, size }));

/** Two batches, between which some modules are given up. */
const courses = fc.record({ first: counts, second: counts, left: fc.array(fc.nat({ max: 11 })) });

function run({ first, second, left }: { first: number[]; second: number[]; left: number[] }) {
  const before = wantedOf(first, 'a');
  const held = assignNumbers([], holdingsOf(before), before).filter((_, index) => !left.includes(index));
  const wanted = wantedOf(second, 'b');
  const added = assignNumbers(held, holdingsOf(wanted), wanted);
  return { held, wanted, added };
}

const numbersOf = (holdings: readonly Holding[]): Numbers[] =>
  holdings.flatMap(({ numbers }) => numbers ?? []);
const each = ({ first, count }: Numbers): number[] => Array.from({ length: count }, (_, i) => first + i);

test('no two modules share a number, and each has as many as it wants', () => {
  fc.assert(
    fc.property(courses, (course) => {
      const { held, wanted, added } = run(course);
      const all = numbersOf([...held, ...added]).flatMap(each);
      expect(new Set(all).size).toBe(all.length);
      expect(added.map(({ numbers }) => numbers?.count ?? 0)).toEqual(wanted.map(({ numbers }) => numbers));
    }),
  );
});

test('in the order of the modules, each has the first gap that is wide enough', () => {
  fc.assert(
    fc.property(courses, (course) => {
      const { held, added } = run(course);
      const taken = new Set(numbersOf(held).flatMap(each));
      for (const { first, count } of numbersOf(added)) {
        let free = 0;
        while (each({ first: free, count }).some((number) => taken.has(number))) free++;
        expect(first).toBe(free);
        for (const number of each({ first, count })) taken.add(number);
      }
    }),
  );
});

test('a new module does not change what others have', () => {
  const wanted = wantedOf([3, 5], 'a');
  const held = assignNumbers([], holdingsOf(wanted), wanted);
  const copy = structuredClone(held);
  const more = wantedOf([2, 9, 3], 'b');
  const added = assignNumbers(held.slice(1), holdingsOf(more), more);
  expect(held).toEqual(copy);
  expect(numbersOf(added).map(({ first }) => first)).toEqual([0, 8, 17]);
});

test('numbersEnd is above all', () => {
  expect(numbersEnd([])).toBe(0);
  expect(numbersEnd([undefined, { first: 4, count: 3 }, { first: 0, count: 2 }])).toBe(7);
});

/** Test vectors of http://www.isthe.com/chongo/src/fnv/test_fnv.c, FNV-1a of 32 bits. */
describe('hashName', () => {
  const known = [
    ['', 0x811c_9dc5],
    ['a', 0xe40c_292c],
    ['b', 0xe70c_2de5],
    ['foobar', 0xbf9c_f968],
    ['chongo was here!\n', 0xd499_30d5],
  ] as const;

  test.each(known)('%j is %i', (text, hash) => {
    expect(hashName(text, 2 ** 32)).toBe(hash);
    expect(hashName(text, 1000)).toBe(hash % 1000);
  });

  test('is of bytes, not of characters', () => {
    expect(hashName('é', 2 ** 32)).toBe(hashName(Buffer.from([0xc3, 0xa9]).toString(), 2 ** 32));
    expect(hashName('é', 2 ** 32)).not.toBe(hashName('e', 2 ** 32));
  });
});

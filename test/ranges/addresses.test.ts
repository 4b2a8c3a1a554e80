/** The registry of addresses: what each policy promises, whatever is held and wanted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AddressPolicy, AddressSpace, Holding, Wanted } from '../../src/ranges/addresses.ts';
import { assignRanges, findCollision } from '../../src/ranges/addresses.ts';
import { pageSize, roundUp } from '../../src/util/units.ts';

const base = 0x2000_0000_0000;
const growths = fc.constantFrom(0, 1 / 8, 1);
const policies = fc.constantFrom<AddressPolicy>('unique', 'reused', 'overlapping', 'by-path');

/** Small spaces, so that they are full now and then, and bases that are no multiple of every alignment. */
const spaces: fc.Arbitrary<AddressSpace> = fc.record({
  base: fc.nat({ max: 1024 }).map((unit) => base + unit * 0x20_0000),
  bits: fc.integer({ min: 20, max: 25 }),
});

const modules: fc.Arbitrary<Wanted[]> = fc.uniqueArray(
  fc.record({
    key: fc.string({ minLength: 1, maxLength: 8 }).map((name) => `/lib/${name}`),
    size: fc.integer({ min: 1, max: 300 }).map((pages) => pages * pageSize),
    alignment: fc.constantFrom(pageSize, pageSize, pageSize, 0x1_0000, 0x20_0000, 0x100_0000),
  }),
  { selector: ({ key }) => key, maxLength: 24 },
);

/** Some modules are placed before others come. */
const requests = fc.record({ space: spaces, first: modules, second: modules, growth: growths });

const endOf = ({ start, size }: Holding): number => start + size;
const overlaps = (a: Holding, b: Holding): boolean => a.start < endOf(b) && b.start < endOf(a);
const isInside = (space: AddressSpace, held: Holding): boolean =>
  held.start >= space.base && endOf(held) <= space.base + 2 ** space.bits;
const grown = ({ size }: Wanted, growth: number): number => roundUp(size + Math.ceil(size * growth));

function pairs<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other) => [one, other] as const));
}

/** Whether a range of that size has a place between all that is held: every place worth trying is tried. */
function fitsAnywhere(
  space: AddressSpace,
  held: readonly Holding[],
  wanted: Wanted,
  growth: number,
): boolean {
  const size = grown(wanted, growth);
  return [space.base, ...held.map(endOf)]
    .map((start) => ({ key: '', start: roundUp(start, wanted.alignment), size }))
    .some((place) => isInside(space, place) && !held.some((each) => overlaps(each, place)));
}

/** Places both lists one after the other, each with a key of its own. */
function placeBoth(
  {
    space,
    first,
    second,
    growth,
  }: { space: AddressSpace; first: Wanted[]; second: Wanted[]; growth: number },
  policy: AddressPolicy,
) {
  const before = assignRanges(space, [], first, { growth, policy });
  const wanted = second.map((each) => ({ ...each, key: `${each.key}.second` }));
  const after = assignRanges(space, before.holdings, wanted, { growth, policy });
  return { before, after, wanted, all: [...before.holdings, ...after.holdings] };
}

test('every module is either placed or refused, in the order in which it came', () => {
  fc.assert(
    fc.property(spaces, modules, growths, policies, (space, wanted, growth, policy) => {
      const { holdings, refused } = assignRanges(space, [], wanted, { growth, policy });
      const answered = new Set([...holdings, ...refused].map(({ key }) => key));
      expect(holdings.length + refused.length).toBe(wanted.length);
      expect(wanted.filter(({ key }) => !answered.has(key))).toEqual([]);
    }),
  );
});

test('a range lies inside the space, is aligned and has its room to grow, under every policy', () => {
  fc.assert(
    fc.property(spaces, modules, growths, policies, (space, wanted, growth, policy) => {
      const byKey = new Map(wanted.map((each) => [each.key, each]));
      for (const held of assignRanges(space, [], wanted, { growth, policy }).holdings) {
        const own = byKey.get(held.key)!;
        expect(isInside(space, held)).toBe(true);
        expect(held.start % own.alignment).toBe(0);
        expect(held.size).toBe(grown(own, growth));
      }
    }),
    { numRuns: 300 },
  );
});

describe('unique', () => {
  test('no two ranges overlap, with those held before neither', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { all } = placeBoth(request, 'unique');
        expect(pairs(all).filter(([a, b]) => overlaps(a, b))).toEqual([]);
      }),
    );
  });

  test('a module is refused only where no gap is large enough', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { before, after, wanted } = placeBoth(request, 'unique');
        const held = [...before.holdings];
        const refused = new Set(after.refused.map(({ key }) => key));
        for (const each of wanted) {
          if (refused.has(each.key))
            expect(fitsAnywhere(request.space, held, each, request.growth)).toBe(false);
          else held.push(after.holdings.find(({ key }) => key === each.key)!);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a gap that a module left is used again once the space ends', () => {
    const space = { base, bits: 20 };
    const quarter = 2 ** 18;
    const wanted = ['a', 'b', 'c', 'd', 'e'].map((key) => ({ key, size: quarter, alignment: pageSize }));
    const { holdings, refused } = assignRanges(space, [], wanted, { growth: 0, policy: 'unique' });
    expect(holdings.map(({ start }) => (start - base) / quarter)).toEqual([0, 1, 2, 3]);
    expect(refused.map(({ key }) => key)).toEqual(['e']);
    const left = holdings.filter(({ key }) => key !== 'b');
    const again = assignRanges(space, left, refused, { growth: 0, policy: 'unique' });
    expect(again.holdings).toEqual([{ key: 'e', start: base + quarter, size: quarter }]);
  });
});

describe('reused', () => {
  /** Of keys, by their last letters: half of all pairs. */
  const meet = (one: string, other: string): boolean =>
    (one.length + other.length + one.charCodeAt(5) + other.charCodeAt(5)) % 2 === 0;
  const place = ({ space, first, second, growth }: Parameters<typeof placeBoth>[0]) => {
    const wanted = [...first, ...second.map((each) => ({ ...each, key: `${each.key}.second` }))];
    return { wanted, ...assignRanges(space, [], wanted, { growth, policy: 'reused', meet }) };
  };

  test('no two modules that one program uses overlap, and others only where nothing is free', () => {
    let reused = 0;
    fc.assert(
      fc.property(requests, (request) => {
        const { wanted, holdings } = place(request);
        const held: Holding[] = [];
        for (const each of wanted) {
          const own = holdings.find(({ key }) => key === each.key);
          if (!own) continue;
          const below = held.filter((other) => overlaps(other, own));
          expect(below.filter(({ key }) => meet(key, own.key))).toEqual([]);
          expect(below.length > 0).toBe(!fitsAnywhere(request.space, held, each, request.growth));
          reused += below.length;
          held.push(own);
        }
      }),
      { numRuns: 300 },
    );
    expect(reused).toBeGreaterThan(0);
  });

  test('a module is refused only where those that it meets leave no room', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { wanted, holdings } = place(request);
        const held: Holding[] = [];
        for (const each of wanted) {
          const own = holdings.find(({ key }) => key === each.key);
          const rivals = held.filter(({ key }) => meet(key, each.key));
          if (!own) expect(fitsAnywhere(request.space, rivals, each, request.growth)).toBe(false);
          else held.push(own);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('overlapping: a module overlaps another one only where nothing is free', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const { before, after, wanted } = placeBoth(request, 'overlapping');
      const held = [...before.holdings];
      for (const each of wanted) {
        const own = after.holdings.find(({ key }) => key === each.key);
        const isFree = fitsAnywhere(request.space, held, each, request.growth);
        if (own) expect(held.some((other) => overlaps(other, own))).toBe(!isFree);
        else expect(grown(each, request.growth)).toBeGreaterThan(roomFor(request.space, each));
        if (own) held.push(own);
      }
    }),
    { numRuns: 300 },
  );
});

/** Bytes from the first aligned address of a space to its end. */
function roomFor({ base: start, bits }: AddressSpace, { alignment }: Wanted): number {
  return start + 2 ** bits - roundUp(start, alignment);
}

describe('by-path', () => {
  test('the address does not depend on what else there is', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const { after, wanted } = placeBoth(request, 'by-path');
        const { space, growth } = request;
        for (const each of wanted) {
          const alone = assignRanges(space, [], [each], { growth, policy: 'by-path' }).holdings;
          expect(after.holdings.filter(({ key }) => key === each.key)).toEqual(alone);
        }
      }),
    );
  });

  test('nor on the size, as long as the space has room behind it: a new version stays where it was', () => {
    const space = { base, bits: 40 };
    const placeOf = (key: string, size: number): number | undefined =>
      assignRanges(space, [], [{ key, size, alignment: pageSize }], { growth: 1 / 8, policy: 'by-path' })
        .holdings[0]?.start;
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1000 }), (key, pages) => {
        const place = placeOf(key, pageSize)!;
        fc.pre(place + 0x100_0000 < base + 2 ** space.bits);
        expect(placeOf(key, pages * pageSize)).toBe(place);
      }),
    );
  });

  test('names are spread over the space', () => {
    const wanted = Array.from({ length: 200 }, (_, index) => ({
      key: `/usr/lib/lib${String(index)}.so`,
      size: pageSize,
      alignment: pageSize,
    }));
    const { holdings } = assignRanges({ base, bits: 40 }, [], wanted, { growth: 0, policy: 'by-path' });
    const eighths = new Set(holdings.map(({ start }) => Math.floor((start - base) / 2 ** 37)));
    expect(eighths.size).toBe(8);
    expect(findCollision(holdings)).toBeUndefined();
  });
});

const heldRanges = fc.array(
  fc.record({
    key: fc.string(),
    start: fc.nat({ max: 200 }).map((page) => base + page * pageSize),
    size: fc.integer({ min: 1, max: 30 }).map((pages) => pages * pageSize),
  }),
  { maxLength: 12 },
);

test('findCollision finds the first module that overlaps one before it, and nothing else', () => {
  fc.assert(
    fc.property(heldRanges, (held) => {
      const found = findCollision(held);
      const colliding = pairs(held).filter(([a, b]) => overlaps(a, b));
      expect(found === undefined).toBe(colliding.length === 0);
      if (!found) return;
      expect(overlaps(found.holder, found.module)).toBe(true);
      expect(held.indexOf(found.holder)).toBeLessThan(held.indexOf(found.module));
      const before = held.slice(0, held.indexOf(found.module));
      expect(findCollision(before)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

describe('a space of several stretches', () => {
  const mebibyte = 2 ** 20;
  const further = [
    { start: base + 64 * mebibyte, end: base + 68 * mebibyte },
    { start: base - 64 * mebibyte, end: base - 62 * mebibyte },
  ];
  const space = { base, bits: 22, further };
  const rules = { growth: 0, policy: 'unique', block: mebibyte, reserved: mebibyte } as const;
  const wish = (key: string): Wanted => ({ key, size: mebibyte, alignment: pageSize });

  test('is taken in its order, no module across an end, each stretch with what is reserved', () => {
    const wanted = 'abcdefgh'.split('').map(wish);
    const { holdings, refused } = assignRanges(space, [], wanted, rules);
    const places = holdings.map(({ start }) => (start - base) / mebibyte);
    expect(places).toEqual([1, 2, 3, 65, 66, 67, -63]);
    expect(refused.map(({ key }) => key)).toEqual(['h']);
    // What a module leaves is taken again, before a later stretch is.
    const held = holdings.filter(({ key }) => key !== 'b');
    const again = assignRanges(space, held, [wish('i')], rules).holdings;
    expect(again.map(({ start }) => (start - base) / mebibyte)).toEqual([2]);
  });

  test('a module that is larger than the rest of a stretch goes to the next', () => {
    const large = { ...wish('large'), size: 3 * mebibyte };
    const { holdings } = assignRanges(space, [], [wish('a'), large, wish('b')], rules);
    expect(holdings.map(({ start }) => (start - base) / mebibyte)).toEqual([1, 65, 2]);
  });
});

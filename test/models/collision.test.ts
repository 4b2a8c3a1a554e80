import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approximateCollisionProbability,
  areOverlapping,
  blockCollisionProbability,
  collisionProbability,
  librariesAtProbability,
  simulateCollisions,
} from '../../src/models/collision.ts';
import { standingOf } from '../../src/models/wilson.ts';
import { createRandom } from '../../src/util/random.ts';

/** All ways to place arcs of these lengths on a circle, counted one by one. */
function countedProbability(size: number, blocks: readonly number[]): number {
  const ways = size ** blocks.length;
  let apart = 0;
  for (let way = 0; way < ways; way++) {
    const taken = new Set<number>();
    blocks.forEach((length, index) => {
      const first = Math.floor(way / size ** index) % size;
      for (let block = 0; block < length; block++) taken.add((first + block) % size);
    });
    if (taken.size === blocks.reduce((sum, each) => sum + each, 0)) apart++;
  }
  return 1 - apart / ways;
}

describe('collisionProbability', () => {
  it('is that of birthdays', () => {
    expect(collisionProbability(16, 1)).toBe(0);
    expect(collisionProbability(1, 2)).toBeCloseTo(0.5, 12);
    expect(collisionProbability(1, 3)).toBe(1);
  });

  it('keeps the digits of small probabilities', () => {
    expect(collisionProbability(60, 2) * 2 ** 60).toBeCloseTo(1, 12);
  });

  it('lies above its approximation, and close to it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 2, max: 2000 }), (bits, libraries) => {
        const exact = collisionProbability(bits, libraries);
        const near = approximateCollisionProbability(bits, libraries);
        expect(exact).toBeGreaterThanOrEqual(near * (1 - 1e-9));
        if (libraries ** 3 < 2 ** (2 * bits) / 100) expect(near).toBeGreaterThan(exact * 0.95);
      }),
    );
  });
});

describe('blockCollisionProbability', () => {
  it.each([[[1, 1]], [[2, 3]], [[1, 2, 3]], [[2, 2, 2]], [[4, 1, 1]], [[8]], [[7, 2]]])(
    'counts what can be counted: %j',
    (blocks) => {
      expect(blockCollisionProbability(3, blocks)).toBeCloseTo(countedProbability(8, blocks), 12);
    },
  );
});

describe('librariesAtProbability', () => {
  it('is the first number that is as likely', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 }),
        fc.double({ min: 1e-6, max: 0.999, noNaN: true }),
        (bits, probability) => {
          const libraries = librariesAtProbability(bits, probability);
          expect(collisionProbability(bits, libraries)).toBeGreaterThanOrEqual(probability);
          expect(collisionProbability(bits, libraries - 1)).toBeLessThan(probability);
        },
      ),
    );
  });

  it('counts blocks', () => {
    const libraries = librariesAtProbability(16, 0.5, 4);
    expect(blockCollisionProbability(16, Array<number>(libraries).fill(4))).toBeGreaterThanOrEqual(0.5);
    expect(blockCollisionProbability(16, Array<number>(libraries - 1).fill(4))).toBeLessThan(0.5);
  });

  it('refuses what is no probability', () => {
    expect(() => librariesAtProbability(16, 1)).toThrow(RangeError);
  });
});

/** Blocks of 32 KiB of curl's libraries under Debian 12, as `model collision --program curl` finds them. */
const curl = [
  [22, 4, 61, 6, 7, 4, 9, 3, 22, 145, 11, 12, 2, 24, 2, 7],
  [55, 68, 10, 10, 17, 28, 6, 1, 2, 4, 5, 39, 3, 1, 3, 2],
].flat();
const alike = (libraries: number, blocks: number): number[] => Array<number>(libraries).fill(blocks);

describe('simulateCollisions', () => {
  it.each([
    ['1 % at 37 libraries', 16, alike(37, 1)],
    ['50 % at 302 libraries', 16, alike(302, 1)],
    ['libraries of 4 blocks', 16, alike(100, 4)],
    ['50 % at 853 libraries', 19, alike(853, 1)],
    ['the libraries of a real program', 16, curl],
  ])('agrees with the formula: %s', (_, bits, blocks) => {
    const { low, high } = simulateCollisions({ bits, blocks, trials: 4000, random: createRandom(7) });
    const exact = blockCollisionProbability(bits, blocks);
    expect(exact).toBeGreaterThan(low);
    expect(exact).toBeLessThan(high);
  });

  it('is far more than of one block each', () => {
    expect(blockCollisionProbability(16, curl)).toBeCloseTo(0.2405, 4);
    expect(collisionProbability(16, curl.length)).toBeCloseTo(0.0075, 4);
  });
});

describe('areOverlapping', () => {
  it('is what blocks say that are marked one by one', () => {
    const arc = fc.record({ first: fc.nat(15), length: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(fc.array(arc, { maxLength: 5 }), (arcs) => {
        const marked = arcs.flatMap(({ first, length }) =>
          Array.from({ length }, (_, block) => (first + block) % 16),
        );
        expect(areOverlapping(16, arcs)).toBe(new Set(marked).size < marked.length);
      }),
    );
  });
});

describe('standingOf', () => {
  it('follows from the interval', () => {
    const simulated = { probability: 0.5, low: 0.49, high: 0.51 };
    expect([0.48, 0.49, 0.51, 0.52].map((exact) => standingOf(exact, simulated))).toEqual([
      'more often',
      'as often',
      'as often',
      'less often',
    ]);
  });
});

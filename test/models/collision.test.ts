import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approximateCollisionProbability,
  blockCollisionProbability,
  collisionProbability,
  librariesAtProbability,
  simulateCollisions,
} from '../../src/models/collision.ts';
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

describe('simulateCollisions', () => {
  it.each([
    [16, 37, 1],
    [16, 302, 1],
    [16, 100, 4],
    [19, 853, 1],
  ])('agrees with the formula: %i bits, %i libraries of %i blocks', (bits, libraries, blocks) => {
    const settings = { bits, libraries, blocks, trials: 4000, random: createRandom(7) };
    const { low, high } = simulateCollisions(settings);
    const exact = blockCollisionProbability(bits, Array<number>(libraries).fill(blocks));
    expect(exact).toBeGreaterThan(low);
    expect(exact).toBeLessThan(high);
  });
});

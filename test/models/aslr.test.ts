/** Random addresses against sharing: the formulas, against dice and against what must be. */
import { describe, expect, it } from 'vitest';
import { distinctLayouts, groupedCost, layoutCost } from '../../src/models/aslr.ts';
import { createRandom } from '../../src/util/random.ts';

describe('distinctLayouts', () => {
  it.each([
    [0, 5],
    [3, 8],
    [8, 100],
    [12, 1000],
  ])('agrees with dice: %i bits, %i draws', (bits, draws) => {
    const random = createRandom(5);
    const trials = 400;
    let sum = 0;
    for (let trial = 0; trial < trials; trial++)
      sum += new Set(Array.from({ length: draws }, () => random(2 ** bits))).size;
    expect(Math.abs(sum / trials / distinctLayouts(bits, draws) - 1)).toBeLessThan(0.02);
  });
});

describe('layoutCost', () => {
  const usual = { bits: 20, processes: 100, relocatedKb: 50 };

  it('is a copy for each process that draws for itself, and one for all others', () => {
    const own = layoutCost({ ...usual, drawn: 'process' });
    const common = layoutCost({ ...usual, drawn: 'boot' });
    expect([own.memoryKb, common.memoryKb]).toEqual([5000, 50]);
    expect([common.layouts, common.exposed]).toEqual([1, 1]);
    expect(own.exposed).toBeCloseTo(1 / 100, 4);
  });

  it('needs no guess where nothing is drawn', () => {
    expect(layoutCost({ ...usual, drawn: 'never' }).guesses).toBe(1);
    expect(layoutCost({ ...usual, drawn: 'process' }).guesses).toBe(2 ** 20);
    expect(layoutCost({ ...usual, drawn: 'store' }).guesses).toBe((2 ** 20 + 1) / 2);
  });

  it('needs none for what stands at a constant address, and as many as ever for code', () => {
    const known = layoutCost({ ...usual, drawn: 'store', isCalled: true, isRead: true });
    const guesses = (2 ** 20 + 1) / 2;
    expect(known).toMatchObject({ guesses, toCall: 1, toRead: 1 });
    expect(layoutCost({ ...usual, drawn: 'store', isRead: true })).toMatchObject({
      toCall: guesses,
      toRead: 1,
    });
    expect(layoutCost({ ...usual, drawn: 'boot' })).toMatchObject({ toCall: guesses, toRead: guesses });
  });

  it('has groups between the two', () => {
    const memory = [1, 4, 100].map((groups) => groupedCost(usual, groups).memoryKb);
    expect(memory[0]).toBeCloseTo(50, 6);
    expect(memory[1]).toBeCloseTo(200, 2);
    expect(memory[2]).toBeCloseTo(5000, 0);
  });
});

/** Laws that are known are found again, and what is as good as a simple law gets that. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GrowthLaw, GrowthSample } from '../../../src/measure/scale/growth-law.ts';
import { asGood, evaluateLaw, exponents, fitGrowth } from '../../../src/measure/scale/growth-law.ts';
import { createRandom } from '../../../src/util/random.ts';

const sizes = [1, 10, 100, 1000];

function exactly(at: number, value: number): GrowthSample {
  return { at, estimate: { median: value, low: value, high: value } };
}

function followed(law: Omit<GrowthLaw, 'explained'>, at = sizes): GrowthSample[] {
  return at.map((size) => exactly(size, evaluateLaw(law, size)));
}

/** Root mean square of the deviations as parts of the figures, of the tiniest as parts of a thousandth of the largest. */
function deviation(law: GrowthLaw, samples: readonly GrowthSample[]): number {
  const least = Math.max(...samples.map(({ estimate: { median } }) => median)) / 1000;
  const squares = samples.map(
    ({ at, estimate: { median } }) => ((evaluateLaw(law, at) - median) / Math.max(median, least)) ** 2,
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / samples.length);
}

describe('fitGrowth', () => {
  it.each([
    { constant: 71, coefficient: 0, exponent: 0 },
    { constant: 0, coefficient: 71, exponent: 1 },
    { constant: 0.31, coefficient: 0.021, exponent: 1 },
    { constant: 20, coefficient: 3, exponent: 0.5 },
    { constant: 0.6, coefficient: 0.02, exponent: 1.42 },
    { constant: 5, coefficient: 1e-4, exponent: 2 },
    { constant: 100_000, coefficient: -50, exponent: 1 },
  ])('finds $constant + $coefficient × size ^ $exponent again', (law) => {
    const found = fitGrowth(followed(law));
    expect(found.constant).toBeCloseTo(law.constant, 6);
    expect(found.coefficient / (law.coefficient || 1)).toBeCloseTo(law.coefficient === 0 ? 0 : 1, 6);
    expect(found.exponent).toBeCloseTo(law.exponent, 6);
    expect(found.explained).toBeCloseTo(1, 9);
  });

  it('finds nothing where there is nothing', () => {
    const law = fitGrowth(sizes.map((at) => exactly(at, 0)));
    expect(law).toEqual({ constant: 0, coefficient: 0, exponent: 0, explained: 1 });
  });

  it('takes a simple law for figures that are not known better', () => {
    const random = createRandom(7);
    const noisy = sizes.map((at): GrowthSample => {
      const median = (2 + 0.05 * at) * (0.9 + random(200) / 1000);
      return { at, estimate: { median, low: median * 0.9, high: median * 1.1 } };
    });
    expect(fitGrowth(noisy)).toMatchObject({ exponent: 1 });
    const certain = noisy.map(({ at, estimate: { median } }) => exactly(at, median));
    expect(fitGrowth(certain).exponent).not.toBe(1);
  });

  it('does not take a growth for none because one figure is very uncertain', () => {
    const samples = sizes.map((at) => exactly(at, 1 + 0.01 * at));
    const { at, estimate } = samples.at(-1)!;
    const uncertain = { at, estimate: { ...estimate, low: 0, high: 10 * estimate.high } };
    expect(fitGrowth([...samples.slice(0, -1), uncertain])).toMatchObject({ exponent: 1 });
  });

  it('says how little a law explains', () => {
    const { explained } = fitGrowth([5, 1, 5, 1, 5].map((value, index) => exactly(index + 1, value)));
    expect(explained).toBeLessThan(0.3);
    expect(explained).toBeGreaterThanOrEqual(0);
  });

  const law = fc.record({
    constant: fc.double({ min: 0, max: 1e6, noNaN: true }),
    coefficient: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    exponent: fc.double({ min: exponents.least, max: exponents.most, noNaN: true }),
  });
  const someSizes = fc
    .uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 4, maxLength: 9 })
    .map((list) => list.sort((a, b) => a - b));

  it('goes through what follows any law, or is as good as a simple one', () => {
    fc.assert(
      fc.property(law, someSizes, (known, at) => {
        const samples = followed(known, at);
        const found = fitGrowth(samples);
        expect(deviation(found, samples)).toBeLessThanOrEqual(
          found.exponent === 0 || found.exponent === 1 ? asGood + 1e-9 : 1e-3,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the unit of the figure', () => {
    fc.assert(
      fc.property(law, someSizes, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (known, at, unit) => {
        const [plain, scaled] = [1, unit].map((factor) =>
          fitGrowth(at.map((size) => exactly(size, factor * evaluateLaw(known, size)))),
        );
        for (const size of at)
          expect(Math.abs(evaluateLaw(scaled!, size) / unit - evaluateLaw(plain!, size))).toBeLessThan(
            1e-3 * evaluateLaw(known, at.at(-1)!),
          );
      }),
    );
  });
});

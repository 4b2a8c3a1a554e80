/** The interval of a slope holds the true one as often as it says, and where nothing grows it holds 0. */
import { describe, expect, it } from 'vitest';
import { fitGrowth } from '../../../src/measure/scale/growth-law.ts';
import { slopeInterval } from '../../../src/measure/scale/slope-interval.ts';
import { createRandom } from '../../../src/util/random.ts';

const sizes = [1, 10, 100, 1000];
const random = createRandom(19);
/** Nearly normal: the sum of twelve. */
const normal = (): number =>
  Array.from({ length: 12 }, () => random(1_000_000) / 1_000_000).reduce((all, one) => all + one, -6);

/** Figures of a law with a known scatter, as a part of each, and the interval that such a scatter gives. */
function scattered(valueOf: (at: number) => number, part: number) {
  return sizes.map((at) => {
    const median = valueOf(at) * (1 + part * normal());
    const half = 1.96 * part * median;
    return { at, estimate: { median, low: median - half, high: median + half } };
  });
}

/** How often the interval of a fitted growth lies wholly above 0. */
function certainly(coefficient: number): number {
  const rounds = 500;
  const found = Array.from({ length: rounds }, () => {
    const samples = scattered((at) => 20 + coefficient * at, 0.05);
    const law = { figure: 'startupMs', ...fitGrowth(samples) } as const;
    return law.exponent > 0 && slopeInterval(law, samples).low > 0;
  });
  return found.filter(Boolean).length / rounds;
}

describe('slopeInterval', () => {
  it('tells growth from noise, and noise from growth', () => {
    expect(certainly(0)).toBeLessThan(0.05);
    expect(certainly(0.2)).toBeGreaterThan(0.9);
  });

  it('is the slope itself where figures are certain and lie on the law', () => {
    const samples = sizes.map((at) => {
      const value = 3 + 0.5 * at;
      return { at, estimate: { median: value, low: value, high: value } };
    });
    const { low, high } = slopeInterval({ figure: 'mappings', ...fitGrowth(samples) }, samples);
    expect(low).toBeCloseTo(0.5, 9);
    expect(high).toBeCloseTo(0.5, 9);
  });
});

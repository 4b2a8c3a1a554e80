/** Statistics by properties, and against distributions whose median is known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import { estimateMedian, estimateRatio, median, robustDeviation } from '../../src/measure/statistics.ts';

const samples = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });

describe('median', () => {
  it('has as many samples below as above, whatever their order', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(below).toBeLessThanOrEqual(values.length / 2);
        expect(above).toBeLessThanOrEqual(values.length / 2);
        expect(median([...values].reverse())).toBe(middle);
      }),
    );
  });

  it('of two is their mean, and of none NaN', () => {
    expect(median([1, 4])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('estimates', () => {
  it('hold their median, stay inside the samples, and are the same every time', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const estimate = estimateMedian(values);
        expect(estimate.low).toBeLessThanOrEqual(estimate.median);
        expect(estimate.high).toBeGreaterThanOrEqual(estimate.median);
        expect(estimate.low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(estimate.high).toBeLessThanOrEqual(Math.max(...values));
        expect(estimateMedian(values)).toEqual(estimate);
      }),
      { numRuns: 40 },
    );
  });

  it('scale with the unit', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const doubled = estimateMedian(values.map((value) => value * 2));
        const { median: middle, low, high } = estimateMedian(values);
        expect(doubled).toEqual({ median: 2 * middle, low: 2 * low, high: 2 * high });
      }),
      { numRuns: 40 },
    );
  });

  it('of a ratio are above 1 where the samples are smaller than the base', () => {
    const slow = [20, 21, 22, 20, 21, 22, 20, 21];
    const {
      median: middle,
      low,
      high,
    } = estimateRatio(
      slow,
      slow.map((value) => value / 4),
    );
    expect(middle).toBe(4);
    expect(low).toBeGreaterThan(3.5);
    expect(high).toBeLessThan(4.5);
  });

  it('hold the true median in about 95 of 100 trials', () => {
    const draw = createRandom(7);
    // A uniform distribution from 0 to 1: its median is 0.5.
    const trial = (): boolean => {
      const { low, high } = estimateMedian(Array.from({ length: 30 }, () => draw(2 ** 32) / 2 ** 32));
      return low <= 0.5 && high >= 0.5;
    };
    const hits = Array.from({ length: 300 }, trial).filter(Boolean).length;
    expect(hits / 300).toBeGreaterThan(0.89);
    expect(hits / 300).toBeLessThan(0.995);
  });
});

describe('robustDeviation', () => {
  it('is not moved by one disturbed run', () => {
    const calm = [10, 11, 12, 13, 14];
    expect(robustDeviation([...calm, 900])).toBeLessThan(3);
  });
});

describe('createRandom', () => {
  it('draws whole numbers below the limit, about equally often', () => {
    const draw = createRandom(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[draw(10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

/**
 * Medians and how far to trust them. Start-up times are skewed, with a tail of disturbed runs, so means and normal
 * intervals mislead; the interval here is the percentile bootstrap's: draw as many samples from the samples, with
 * replacement, take the median, do that 2,000 times, and cut 2.5 % off both ends.
 * B. Efron, R. Tibshirani: An Introduction to the Bootstrap, chapter 13.
 */
import type { Estimate } from './measurement.ts';
import { createRandom } from '../util/random.ts';

const resamples = 2000;
const confidence = 0.95;
const seed = 20_231_123;

/** The middle of the sorted samples, or the mean of the two middle ones. NaN for none. */
export function median(samples: ArrayLike<number>): number {
  return middle(Float64Array.from(samples).sort());
}

/** Median absolute deviation from the median, scaled to be the standard deviation of normal samples. */
export function robustDeviation(samples: readonly number[]): number {
  const center = median(samples);
  return 1.4826 * median(samples.map((sample) => Math.abs(sample - center)));
}

/** The median with its 95 % interval, in the unit of the samples. */
export function estimateMedian(samples: readonly number[]): Estimate {
  return estimate(median(samples), createResampler(samples, createRandom(seed)));
}

/** median(base) / median(samples) with its 95 % interval: above 1 where the samples are smaller than the base. */
export function estimateRatio(base: readonly number[], samples: readonly number[]): Estimate {
  const draw = createRandom(seed);
  const [above, below] = [createResampler(base, draw), createResampler(samples, draw)];
  return estimate(median(base) / median(samples), () => above() / below());
}

function estimate(value: number, resample: () => number): Estimate {
  const values = Float64Array.from({ length: resamples }, resample).sort();
  const cut = Math.floor(((1 - confidence) / 2) * resamples);
  const low = Math.min(value, values[cut] ?? value);
  const high = Math.max(value, values[resamples - 1 - cut] ?? value);
  return { median: value, low, high };
}

/** Returns a function that draws as many samples as there are and gives their median. */
function createResampler(samples: readonly number[], draw: (limit: number) => number): () => number {
  const drawn = new Float64Array(samples.length);
  return () => {
    for (let i = 0; i < drawn.length; i++) drawn[i] = samples[draw(samples.length)]!;
    return middle(drawn.sort());
  };
}

function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}

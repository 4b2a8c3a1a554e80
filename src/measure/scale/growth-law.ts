/**
 * The law by which a figure grows: constant + coefficient × size ^ exponent.
 *
 * For a given exponent the other two follow from linear least squares. Sizes stand apart by factors of ten, and a time scatters in
 * proportion to itself: so deviations count as parts of the figure, or the largest size would decide alone. The exponent is
 * searched on a grid, then by golden section between the neighbours of the best (R. P. Brent: Algorithms for Minimization without
 * Derivatives, chapter 5). Four sizes and three unknowns fit too well to be believed: where no growth at all, or a linear one,
 * is as far from the figures as these are uncertain, or 3 %, that is the law.
 */
import type { Estimate } from '../measurement.ts';
import type { ScaleFit } from '../scale-measurement.ts';

export type GrowthLaw = Omit<ScaleFit, 'figure'>;

type Law = Omit<GrowthLaw, 'explained'>;

/** A figure at a size. */
export interface GrowthSample {
  readonly at: number;
  readonly estimate: Estimate;
}

/** How far a simple law may be off, as a part of the figures (root mean square): always, and where they are very uncertain. */
export const asGood = 0.03;
const stillGood = 0.1;
/** Exponents that are looked at: below, a power cannot be told from a logarithm; above, nothing here grows so. */
export const exponents = { least: 0.2, most: 2.5, step: 0.05 };

/** A figure smaller than this part of the largest counts as if it were so large: what is 0 has no parts. */
const smallest = 0.001;
/** A deviation that is nothing but rounding. */
const rounding = 1e-9;
const goldenRatio = (Math.sqrt(5) - 1) / 2;
/** Of golden section: each makes the interval smaller by 0.62. */
const refinements = 40;

interface Fitted extends GrowthLaw {
  /** Root mean square of the deviations, as parts of the figures. */
  readonly deviation: number;
}

/** Fits at least three samples of different sizes, all above 0. */
export function fitGrowth(samples: readonly GrowthSample[]): GrowthLaw {
  const weighted = weigh(samples);
  const enough = clamp(uncertaintyOf(samples), asGood, stillGood);
  const simple = [fitConstant(weighted), fitPower(weighted, 1)].find(({ deviation }) => deviation <= enough);
  const { deviation: _, ...law } = simple ?? searchExponent(weighted);
  return law;
}

/** The figure that a law gives for a size. */
export function evaluateLaw({ constant, coefficient, exponent }: Law, size: number): number {
  return constant + coefficient * size ** exponent;
}

function searchExponent(samples: readonly Weighted[]): Fitted {
  const { least, most, step } = exponents;
  const count = Math.round((most - least) / step);
  const grid = Array.from({ length: count + 1 }, (_, index) => fitPower(samples, least + index * step));
  const best = grid.reduce((a, b) => (b.deviation < a.deviation ? b : a));
  const around = [best.exponent - step, best.exponent + step].map((each) => clamp(each, least, most));
  return refine(samples, around[0]!, around[1]!);
}

/** Golden section: the better of two exponents inside the interval says which end to drop. */
function refine(samples: readonly Weighted[], from: number, to: number): Fitted {
  let [low, high] = [from, to];
  for (let turn = 0; turn < refinements; turn++) {
    const reach = goldenRatio * (high - low);
    const [left, right] = [high - reach, low + reach];
    if (fitPower(samples, left).deviation < fitPower(samples, right).deviation) high = right;
    else low = left;
  }
  return fitPower(samples, (low + high) / 2);
}

function fitConstant(samples: readonly Weighted[]): Fitted {
  return judge({ constant: mean(samples, valueOf), coefficient: 0, exponent: 0 }, samples);
}

function fitPower(samples: readonly Weighted[], exponent: number): Fitted {
  // Relative to the largest size, so that no power overflows.
  const largest = Math.max(...samples.map(({ at }) => at));
  const powerOf = ({ at }: Weighted): number => (at / largest) ** exponent;
  const [power, value] = [mean(samples, powerOf), mean(samples, valueOf)];
  const slope =
    mean(samples, (sample) => (powerOf(sample) - power) * (sample.value - value)) /
    mean(samples, (sample) => (powerOf(sample) - power) ** 2);
  const constant = value - slope * power;
  // What is left where the figures are proportional to the power is rounding.
  const isDust = Math.abs(constant) < rounding * Math.abs(value);
  return judge(
    { constant: isDust ? 0 : constant, coefficient: slope / largest ** exponent, exponent },
    samples,
  );
}

interface Weighted {
  readonly at: number;
  readonly value: number;
  /** By which the square of a deviation becomes that of a part of the figure. */
  readonly weight: number;
}

function weigh(samples: readonly GrowthSample[]): readonly Weighted[] {
  const largest = Math.max(...samples.map(({ estimate }) => estimate.median));
  const least = smallest * largest || 1;
  return samples.map(({ at, estimate: { median: value } }) => ({
    at,
    value,
    weight: 1 / Math.max(value, least) ** 2,
  }));
}

/** Root mean square of the half intervals, as parts of the figures. */
function uncertaintyOf(samples: readonly GrowthSample[]): number {
  const squares = samples.map(({ estimate: { median, low, high } }) =>
    median === 0 ? 0 : ((high - low) / 2 / median) ** 2,
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / samples.length);
}

function valueOf({ value }: Weighted): number {
  return value;
}

function mean(samples: readonly Weighted[], of: (sample: Weighted) => number): number {
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  return samples.reduce((sum, sample) => sum + (sample.weight / total) * of(sample), 0);
}

function judge(law: Law, samples: readonly Weighted[]): Fitted {
  const center = mean(samples, valueOf);
  const scatter = sumOfSquares(samples, () => center);
  const rest = sumOfSquares(samples, ({ at }) => evaluateLaw(law, at));
  const deviation = Math.sqrt(rest / samples.length);
  // Of figures that are all the same there is nothing to explain.
  const explained = deviation <= rounding ? 1 : clamp(1 - rest / scatter, 0, 1);
  return { ...law, explained, deviation };
}

function sumOfSquares(samples: readonly Weighted[], expected: (sample: Weighted) => number): number {
  return samples.reduce((sum, sample) => sum + sample.weight * (sample.value - expected(sample)) ** 2, 0);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

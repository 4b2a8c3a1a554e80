/**
 * How certain a fitted growth is: the 95 % interval of the law's coefficient. It is a sum of the figures, each with a weight, so that
 * two things make it uncertain: the intervals of the figures themselves, and how far they lie off the law. The second is
 * Student's, of so many figures less two; the wider one counts. An exponent that was searched takes a third unknown.
 */
import type { ScaleFit } from '../scale-measurement.ts';
import type { GrowthSample } from './growth-law.ts';
import { evaluateLaw } from './growth-law.ts';

/** t of 97.5 % by the degrees of freedom, from 1 on; beyond, that of a normal variable is near enough. */
const student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365];
const normal = 1.96;
/** What is smaller is nothing but rounding, as a part of the figures. */
const rounding = 1e-9;

export interface SlopeInterval {
  readonly low: number;
  readonly high: number;
}

/** Of a law with growth. Deviations count as parts of the figures, as in the fit. */
export function slopeInterval(fit: ScaleFit, samples: readonly GrowthSample[]): SlopeInterval {
  const { coefficient, exponent } = fit;
  const weights = samples.map(({ estimate: { median } }) => 1 / Math.max(median, rounding) ** 2);
  const total = sum(weights);
  const powers = samples.map(({ at }) => at ** exponent);
  const center = sum(powers.map((power, index) => power * (weights[index] ?? 0))) / total;
  const spread = sum(powers.map((power, index) => (weights[index] ?? 0) * (power - center) ** 2));
  const known = samples.map(({ estimate: { low, high } }, index) => {
    const share = ((weights[index] ?? 0) * ((powers[index] ?? 0) - center)) / spread;
    return share * ((high - low) / 2);
  });
  const half = Math.max(Math.sqrt(sum(known.map((one) => one ** 2))), offLaw(fit, samples, spread));
  return { low: coefficient - half, high: coefficient + half };
}

/** By the deviations from the law; nothing where as many unknowns as figures leave none. */
function offLaw(fit: ScaleFit, samples: readonly GrowthSample[], spread: number): number {
  const freedom = samples.length - (fit.exponent === 1 ? 2 : 3);
  if (freedom < 1) return 0;
  const squares = samples.map(({ at, estimate: { median } }) => (evaluateLaw(fit, at) / median - 1) ** 2);
  const deviation = Math.sqrt(sum(squares) / freedom);
  return ((student[freedom - 1] ?? normal) * deviation) / Math.sqrt(spread);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

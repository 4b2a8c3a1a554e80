/** What trials say of a probability. */

/** With the interval that holds it with 95 % confidence. */
export interface Simulated {
  readonly probability: number;
  readonly low: number;
  readonly high: number;
}

/** Of so many standard deviations a normal variable stays within with 95 % probability. */
const deviations = 1.959964;

/** Of hits among trials, at least one. The interval is E. B. Wilson's (JASA 22, 1927), which also holds where nothing ever happens. */
export function wilson(hits: number, trials: number): Simulated {
  const probability = hits / trials;
  const square = deviations ** 2 / trials;
  const center = (probability + square / 2) / (1 + square);
  const spread = Math.sqrt((probability * (1 - probability)) / trials + square / (4 * trials));
  const reach = (deviations * spread) / (1 + square);
  return { probability, low: Math.max(0, center - reach), high: Math.min(1, center + reach) };
}

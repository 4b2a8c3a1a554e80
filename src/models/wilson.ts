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
  // The ends are exact, and not what is left of rounding.
  const low = hits === 0 ? 0 : center - reach;
  const high = hits === trials ? 1 : center + reach;
  return { probability, low, high };
}

/** What an interval says of a probability that was computed: nothing against it only where it holds it. */
export function standingOf(
  exact: number,
  { low, high }: Simulated,
): 'as often' | 'more often' | 'less often' {
  if (low > exact) return 'more often';
  return high < exact ? 'less often' : 'as often';
}

/** How a system stands among the others when both its start-up and its memory count. */
import type { TimedResult } from '../conclusion.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';

/** `unbeaten`: no other is at least as good in both figures (the Pareto front). */
type Standing = 'base line' | 'unbeaten' | 'beaten';

/** A system as a mark of the plot. */
export interface Mark {
  readonly name: string;
  readonly standing: Standing;
  readonly result: TimedResult;
  readonly ms: number;
  readonly kb: number;
}

export function toMarks(results: readonly TimedResult[]): readonly Mark[] {
  return results.map((result) => ({
    name: nameOf(result),
    standing: standingOf(result, results),
    result,
    ms: result.startupMs.median,
    kb: result.privateKb,
  }));
}

function standingOf(result: TimedResult, all: readonly TimedResult[]): Standing {
  if (isBaseLine(result)) return 'base line';
  return all.some((other) => isBetter(other, result)) ? 'beaten' : 'unbeaten';
}

function isBetter(one: TimedResult, other: TimedResult): boolean {
  const [ms, kb] = [one.startupMs.median - other.startupMs.median, one.privateKb - other.privateKb];
  return ms <= 0 && kb <= 0 && ms + kb < 0;
}

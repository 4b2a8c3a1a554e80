/** Why results have no figures: each reason once, with all that it is about. */
import type { Measurement, ResultHead, UnmeasuredResult } from '../measure/measurement.ts';
import { baseLine, nameOf } from '../measure/measurement.ts';
import { listFew, statusText } from './format.ts';

/** Of whatever kind: only what has no figures is looked at. */
type AnyResult = { readonly status: 'measured' } | UnmeasuredResult;

/** One reason. */
interface SharedReason {
  readonly status: UnmeasuredResult['status'];
  readonly reason: string;
  readonly of: readonly ResultHead[];
}

/** A line for each reason, in the order of the first result that has it. */
export function reasonLines(results: readonly AnyResult[]): readonly string[] {
  return shareReasons(results).map(
    ({ status, reason, of }) => `${listFew(of.map(nameOf))} ${statusText(status)}: ${reason}`,
  );
}

function shareReasons(results: readonly AnyResult[]): readonly SharedReason[] {
  const shared = new Map<string, SharedReason>();
  for (const result of results) {
    if (result.status === 'measured') continue;
    const { status, reason } = result;
    const key = `${status}: ${reason}`;
    const others = shared.get(key)?.of ?? [];
    shared.set(key, { status, reason, of: [...others, result] });
  }
  return [...shared.values()];
}

/**
 * What to say first where a run has figures of the platform's linker alone, though others were asked for: there is nothing to
 * compare. Undefined where something was measured, or the run was stopped before.
 */
export function nothingBound({ programs }: Pick<Measurement, 'programs'>): string | undefined {
  const bound = programs.flatMap(({ results }) => results.filter(({ system }) => system !== baseLine.system));
  const failed = bound.filter((result) => result.status === 'failed' || result.status === 'refused');
  if (bound.length === 0 || failed.length < bound.length) return undefined;
  const [most] = [...shareReasons(failed)].sort((one, other) => other.of.length - one.of.length);
  if (most === undefined) return undefined;
  const count = most.of.length === bound.length ? 'all' : `${String(most.of.length)} of`;
  const words = `Nothing could be bound here, so that there is nothing to compare: ${most.reason} (${count} ${String(bound.length)} binds).`;
  return most.reason.includes('doctor')
    ? words
    : `${words} \`linkonce doctor\` says what this machine lacks.`;
}

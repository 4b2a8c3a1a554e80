/** Does each step of a comparison once: what the journal has is not measured again, and what is stopped is not measured. */
import { LinkonceError } from '../util/errors.ts';
import type { Attempt, Journal, StepFindings, StepKey, StepName } from './journal.ts';
import { attemptLater } from '../util/outcome.ts';

export interface StepContext {
  readonly journal: Journal;
  /** Aborted when a person wants no further step. */
  readonly stop: AbortSignal;
}

/** What `work` finds, or the journal has; undefined where the run is stopped. */
export async function runStep<S extends StepName>(
  { journal, stop }: StepContext,
  key: StepKey<S>,
  work: () => Promise<StepFindings[S]>,
): Promise<StepFindings[S] | undefined> {
  const known = journal.find(key);
  if (known !== undefined || stop.aborted) return known;
  const found = await unlessStopped(stop, work);
  if (found === undefined) return undefined;
  // The compiler does not see that key and finding belong together.
  journal.add({ ...key, found } as unknown as Parameters<Journal['add']>[0]);
  return found;
}

/** A signal of the terminal reaches the processes that are looked at, too: what comes of them then is no figure. */
async function unlessStopped<T>(stop: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    const found = await work();
    return stop.aborted ? undefined : found;
  } catch (error) {
    if (stop.aborted && error instanceof LinkonceError) return undefined;
    throw error;
  }
}

/** An outcome as the journal keeps it. */
export async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  const outcome = await attemptLater(work);
  return 'failure' in outcome ? { failure: outcome.failure.message } : outcome;
}

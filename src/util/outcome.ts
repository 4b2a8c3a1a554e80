/**
 * What becomes of one of several programs: a value, or the failure that keeps it from the next step and the others not. Only a
 * `LinkonceError` is an outcome; everything else is a bug, and thrown.
 */
import { LinkonceError } from './errors.ts';

/** What went wrong, for a person. */
export interface Failure {
  readonly failure: LinkonceError;
}

/** A value, or what went wrong in its place. */
export type Outcome<T> = { readonly value: T } | Failure;

/** What `work` returns, or the LinkonceError that it throws. */
export function attempt<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    return toFailure(error);
  }
}

/** The same of work that takes its time. */
export async function attemptLater<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return toFailure(error);
  }
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof LinkonceError)) throw error;
  return { failure: error };
}

/** One step more for those that have not failed; each keeps its index. */
export function forEachValue<T, U>(
  outcomes: readonly Outcome<T>[],
  step: (value: T, index: number) => U,
): Outcome<U>[] {
  return outcomes.map((outcome, index) =>
    'failure' in outcome ? outcome : attempt(() => step(outcome.value, index)),
  );
}

/** The values of those that have not failed, in their order. */
export function valuesOf<T>(outcomes: readonly Outcome<T>[]): T[] {
  return outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
}

/** Throws the failure. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if ('failure' in outcome) throw outcome.failure;
  return outcome.value;
}

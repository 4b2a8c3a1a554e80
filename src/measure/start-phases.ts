/** What a start of a program under a system is made of, in time: the value between tracing and every report of it. */
import type { ResultHead, UnmeasuredResult } from './result.ts';

/** In their order. Constructors are those of the modules; the program is what its own entry begins. */
export const phaseNames = ['linking', 'constructors', 'program'] as const;
export type PhaseName = (typeof phaseNames)[number];

/** From the first instruction of the process on; the time in which the tracer held it is left out. */
export interface Slice {
  readonly startUs: number;
  readonly durationUs: number;
}

/** A system call that was made before the program's entry. */
export interface CallSlice extends Slice {
  readonly name: string;
  /** Of a call that opens a file: which. */
  readonly path?: string;
}

/** One start. */
export interface TracedStart {
  readonly phases: Readonly<Record<PhaseName, Slice>>;
  readonly calls: readonly CallSlice[];
}

export type PhasedResult =
  (ResultHead & { readonly status: 'measured'; readonly starts: readonly TracedStart[] }) | UnmeasuredResult;

export interface StartPhases {
  readonly path: string;
  readonly arguments: readonly string[];
  /** ISO 8601. */
  readonly date: string;
  readonly results: readonly PhasedResult[];
}

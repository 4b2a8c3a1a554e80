/**
 * What a comparison has found so far, step by step and run by run, so that it can be written down as it comes
 * (docs/formats/journal.md) and a later comparison of the same things goes on from there.
 */
import type { CallMeasurement } from './call-measurement.ts';
import type { CompressedMemory, ProcessMemory, Warning } from './measurement.ts';
import type { Weighing } from './memory.ts';
import type { Run } from './stopwatch.ts';

/** A figure, or the reason why there is none: a failure that belongs to what is measured, and ends nothing else. */
export type Attempt<T> = { readonly value: T } | { readonly failure: string };

/** What a program did under all systems. */
export interface FoundBehaviour {
  readonly ends: boolean;
  readonly warnings: readonly Warning[];
  /** Names of candidates, and what was wrong with them. */
  readonly failures: readonly (readonly [name: string, reason: string])[];
}

/** What each step of a comparison finds. */
export interface StepFindings {
  readonly behaviour: FoundBehaviour;
  /** The processes of one candidate; of the program under the platform's linker where no candidate is named. */
  readonly alone: Attempt<Weighing>;
  /** So many processes of one candidate, together. */
  readonly growth: Attempt<ProcessMemory>;
  /** The private pages of one candidate's processes in compressed swap. */
  readonly zram: Attempt<CompressedMemory>;
  /** The processes of all programs under one system. */
  readonly together: Attempt<Weighing>;
  readonly calls: Attempt<CallMeasurement>;
}

export type StepName = keyof StepFindings;

/** Which step: of which program (by index), candidate (by name) and number of processes, where that tells steps apart. */
export interface StepKey<S extends StepName = StepName> {
  readonly step: S;
  readonly program?: number;
  readonly candidate?: string;
  readonly processes?: number;
}

type StepEntry<S extends StepName> = StepKey<S> & { readonly found: StepFindings[S] };

/** One timed run of a candidate. */
export interface RunEntry {
  readonly step: 'run';
  readonly program: number;
  readonly candidate: string;
  readonly run: Run;
}

/** How long the same work took at some moment, ns: see clock-speed.ts. */
export interface SpeedEntry {
  readonly step: 'speed';
  readonly ns: number;
}

export type JournalEntry = { [S in StepName]: StepEntry<S> }[StepName] | RunEntry | SpeedEntry;

/** All entries by what they are about. */
export class Journal {
  /** Whether it began with entries of an earlier comparison. */
  readonly isResumed: boolean;
  readonly #found = new Map<string, StepFindings[StepName]>();
  readonly #runs = new Map<string, Run[]>();
  readonly #speeds: number[] = [];
  readonly #write: (entry: JournalEntry) => void;

  /** `write` is given each further entry, and has kept it when it returns. */
  constructor(earlier: readonly JournalEntry[] = [], write: (entry: JournalEntry) => void = () => undefined) {
    this.isResumed = earlier.length > 0;
    this.#write = write;
    for (const entry of earlier) this.#keep(entry);
  }

  add(entry: JournalEntry): void {
    this.#keep(entry);
    this.#write(entry);
  }

  find<S extends StepName>(key: StepKey<S>): StepFindings[S] | undefined {
    return this.#found.get(textOf(key)) as StepFindings[S] | undefined;
  }

  /** Timed runs in the order in which they were made. */
  runsOf(program: number, candidate: string): readonly Run[] {
    return this.#runs.get(runsKey(program, candidate)) ?? [];
  }

  get speedsNs(): readonly number[] {
    return this.#speeds;
  }

  #keep(entry: JournalEntry): void {
    if (entry.step === 'speed') this.#speeds.push(entry.ns);
    else if (entry.step === 'run') this.#keepRun(entry);
    else this.#found.set(textOf(entry), entry.found);
  }

  #keepRun({ program, candidate, run }: RunEntry): void {
    const key = runsKey(program, candidate);
    const runs = this.#runs.get(key);
    if (runs) runs.push(run);
    else this.#runs.set(key, [run]);
  }
}

function textOf({ step, program, candidate, processes }: StepKey): string {
  return JSON.stringify([step, program, candidate, processes]);
}

function runsKey(program: number, candidate: string): string {
  return `${program} ${candidate}`;
}

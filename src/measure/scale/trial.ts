/** A synthetic set under one system, on its way through the growth lab, with what was found of it so far. */
import type { Subject } from '../../bind/subject.ts';
import type { SyntheticSet } from '../../synthetic/build-set.ts';
import type { SetDescription } from '../../synthetic/description.ts';
import type { Choice } from '../build-all.ts';
import type { ProcessMemory, UnmeasuredResult } from '../measurement.ts';
import type { Command } from '../stopwatch.ts';
import type { ImageSubject } from '../subject.ts';

export interface Specimen {
  readonly description: SetDescription;
  readonly set: SyntheticSet;
  /** Opens the program anew: nothing that an earlier bind found out is there. */
  readonly open: () => Subject;
}

/** Why there is no figure. */
export type Obstacle = Pick<UnmeasuredResult, 'status' | 'reason'>;

export interface Trial {
  readonly specimen: Specimen;
  readonly choice: Choice;
  /** For messages. */
  readonly name: string;
  /** Where the bind went well. */
  readonly bound?: { readonly image: ImageSubject['image']; readonly command: Command };
  readonly findings: Findings;
}

export interface Findings {
  /** Of whole binds; none where the system has nothing to bind. */
  readonly bindMs: readonly number[];
  /** In the order of the rounds. */
  startupMs: readonly number[];
  /** The same, of as many runs as the most processes. */
  sequenceMs: readonly number[];
  /** Of each process, by how many were alive at once. */
  readonly memory: Map<number, readonly ProcessMemory[] | Obstacle>;
  /** Of updates after a library was replaced; none where the system has no store. */
  updateMs: readonly number[];
  /** Why there are no figures at all. */
  obstacle?: Obstacle;
}

/** A trial of which the processes can be started. */
export type BoundTrial = Trial & Required<Pick<Trial, 'bound'>>;

/** Those that nothing has gone wrong with so far. */
export function soundTrials(trials: readonly Trial[]): readonly BoundTrial[] {
  return trials.filter(
    (trial): trial is BoundTrial => trial.bound !== undefined && trial.findings.obstacle === undefined,
  );
}

/** `modules 100, imports 20`. */
export function labelOf({ description: { modules, imports } }: Specimen): string {
  return `modules ${modules}, imports ${imports}`;
}

/** A program on its way through a comparison, with what was found of it so far. */
import type { Image } from '../image/image.ts';
import type { NamedCommand } from './check-behaviour.ts';
import type { CompressedMemory, GrowthPoint, Warning } from './measurement.ts';
import { nameOf } from './measurement.ts';
import type { Weighing } from './memory.ts';
import type { StepContext } from './run-step.ts';
import type { Command, TimedRuns } from './stopwatch.ts';
import type { CompareProgram, CompareSettings, ImageSubject } from './subject.ts';

/** Called when a step begins; the text names it for a person. `part`: how many like it are done, and how many there are. */
export type OnProgress = (step: string, part?: { readonly done: number; readonly of: number }) => void;

export type Candidate = ImageSubject & NamedCommand;

export interface Course {
  /** Index of the program. */
  readonly index: number;
  readonly program: CompareProgram;
  /** The program under the platform's linker. */
  readonly reference: Command;
  /** The subjects that have an image. */
  readonly candidates: readonly Candidate[];
  readonly findings: Findings;
}

/** Raw findings, by the candidates' names; each step adds its own. */
export interface Findings {
  /** Whether start-up is timed. */
  timed: boolean;
  readonly runs: Map<string, TimedRuns>;
  /** Of each candidate alone. */
  readonly weighings: Map<string, Weighing>;
  /** Why a candidate has no figures although it has an image. */
  readonly failures: Map<string, string>;
  /** Of these, launchers that handed over, and their reasons. */
  readonly handedOver: Map<string, string>;
  /** Sums over more and more processes of each candidate. */
  readonly growth: Map<string, readonly GrowthPoint[]>;
  /** Their private pages in compressed swap. */
  readonly compressed: Map<string, CompressedMemory>;
  /** From the comparison of behaviour, of the growth, and of what was paged out. */
  readonly warnings: Warning[];
}

export interface Job extends StepContext {
  readonly courses: readonly Course[];
  readonly settings: Required<CompareSettings>;
  readonly onProgress: OnProgress;
}

/** Why there is no figure where a person wanted no further step. */
export const stoppedReason = 'the run was stopped before';

export function beginCourse(program: CompareProgram, index: number): Course {
  const candidates = program.subjects.flatMap((subject) =>
    'image' in subject ? [candidateOf(program, subject)] : [],
  );
  const reference = commandOf(program, program.path, {});
  const findings: Findings = {
    timed: false,
    runs: new Map(),
    weighings: new Map(),
    failures: new Map(),
    handedOver: new Map(),
    growth: new Map(),
    compressed: new Map(),
    warnings: [],
  };
  return { index, program, reference, candidates, findings };
}

/** Those that nothing has gone wrong with so far. */
export function healthy({ candidates, findings }: Course): readonly Candidate[] {
  return candidates.filter(({ name }) => !findings.failures.has(name));
}

function candidateOf(program: CompareProgram, subject: ImageSubject): Candidate {
  const command = commandOf(program, subject.image.file, subject.image.environment);
  return { ...subject, name: nameOf(subject), command };
}

function commandOf(program: CompareProgram, file: string, additions: Image['environment']): Command {
  const inherited = Object.entries(process.env).filter(([, value]) => value !== undefined);
  const environment = { ...(Object.fromEntries(inherited) as Record<string, string>), ...additions };
  return { file, argv: [program.path, ...program.arguments], environment };
}

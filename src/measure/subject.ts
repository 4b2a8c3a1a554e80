/** What is compared, and how. */
import type { Image } from '../image/image.ts';
import type { Journal } from './journal.ts';
import type { MeasuredProgram, ResultHead, Settings } from './measurement.ts';

/** One system's image of the program, or why there is none. */
export type CompareSubject = ImageSubject | (ResultHead & NoImage);

export interface ImageSubject extends ResultHead {
  readonly image: Image;
  readonly bindMs: number;
}

interface NoImage {
  readonly status: 'refused' | 'failed' | 'not-run';
  readonly reason: string;
}

/** A program with its arguments. All programs of a comparison have the same systems and variants, in one order. */
export interface CompareProgram extends Omit<MeasuredProgram, 'timed' | 'results'> {
  readonly subjects: readonly CompareSubject[];
}

/** What a person sets; `custom` and no counts where absent. */
export type RunSettings = Pick<Settings, 'runs' | 'moment'> & Partial<Omit<Settings, 'runs' | 'moment'>>;

export interface CompareSettings extends RunSettings {
  /** Whether start-up is timed and output compared. */
  readonly timed: boolean;
  /** Rounds that are run before those that count; 3 where absent. */
  readonly warmUpRounds?: number;
  /** A run that takes longer is ended, ms; 30 s where absent. */
  readonly limitMs?: number;
  /** What was found before, and gets what is found; nothing was, and it is not kept, where absent. */
  readonly journal?: Journal;
  /** Aborted when a person wants no further step. */
  readonly stop?: AbortSignal;
  /** When the run began, ISO 8601; now where absent. */
  readonly date?: string;
}

/** Of those that were built. */
export function imagesOf(subjects: readonly CompareSubject[]): Image[] {
  return subjects.flatMap((subject) => ('image' in subject ? [subject.image] : []));
}

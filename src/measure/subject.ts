/** What is compared, and how. */
import type { Image } from '../image/image.ts';
import type { Settings } from './measurement.ts';

/** One system's image of the program, or why there is none. */
export type CompareSubject = {
  readonly system: string;
  readonly variant: string;
} & (
  | { readonly image: Image; readonly bindMs: number }
  | { readonly status: 'refused' | 'failed'; readonly reason: string }
);

export interface CompareSettings extends Settings {
  /** Rounds that are run before those that count; 3 where absent. */
  readonly warmUpRounds?: number;
  /** A run that takes longer is ended, ms; 30 s where absent. */
  readonly limitMs?: number;
}

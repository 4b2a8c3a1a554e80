import type { Launched } from './watched-program.ts';

/** A program under a system, for tools to watch. */
export interface Subject {
  /** Everything stands in it. */
  readonly folder: string;
  readonly program: string;
  readonly launched: Launched;
}

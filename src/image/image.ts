/** What a system made of a program: how a process of it is started, and the files that this needs. */
import type { OpenedModule } from '../provenance/explained.ts';
import type { EntryUse } from './entry-use.ts';
import type { Places } from './places.ts';
import type { Address } from '../util/units.ts';

/** What is needed to start a process of a program under a system. */
export interface Image {
  /** The file to execute: a launcher, or the program itself for the platform's linker. */
  readonly file: string;
  /** Variables that the system adds to the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every file that the system wrote for this program, the launcher included. */
  readonly files: readonly string[];
  /**
   * Where the program's entry is in a process of it, from when the loader sets the thread pointer on; absent where the kernel's
   * AT_ENTRY says it from the start. `moves`: AT_ENTRY says it by then.
   */
  readonly entry?: Address | 'moves';
  /** The places that must be served while processes of it start; absent: none. */
  readonly places?: Places;
  /** The modules that it opens with dlopen(3), each prepared or not; absent where that was no question to the system. */
  readonly opened?: readonly OpenedModule[];
  /** Absent where no tables are filled by hashes. */
  readonly entries?: EntryUse;
  /** What a person should know about this image: slots that stay lazy, `/proc/self/exe`, …; one line each. */
  readonly notes: readonly string[];
}

/** How a system arranges the modules of several programs: what its folder states, and what the shared code follows. */
import type { Protections } from '../image/pieces.ts';
import type { AddressPolicy } from './addresses.ts';

export interface Arrangement {
  readonly protections: Protections;
  /**
   * `partition`: one file for libraries that the same programs use; an executable stands in its own image. `module`: one
   * file each.
   */
  readonly files: 'partition' | 'module';
  /** Ranges that the linker does not write to are mapped from the module's own file. */
  readonly codeFromModules: boolean;
  readonly addresses: AddressPolicy;
  /** Part of a module's size that its range gets on top. */
  readonly growth: number;
  /** The base is the same in every store. */
  readonly fixedBase: boolean;
  /**
   * What happens where a range is taken: the platform's linker runs the program, the launcher ends with an error, or the
   * module moves and the words that refer to it are fixed.
   */
  readonly onCollision: 'hand-over' | 'end' | 'move';
}

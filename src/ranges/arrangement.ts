/** How a system arranges the modules of several programs: what its folder states, and what the shared code follows. */
import type { CallScheme } from '../calls/call-scheme.ts';
import type { WrittenFile } from '../image/backing.ts';
import type { Places } from '../image/places.ts';
import type { Protections } from '../image/pieces.ts';
import type { Address } from '../util/units.ts';
import type { AddressPolicy, AddressSpace } from './addresses.ts';

export interface Arrangement {
  readonly protections: Protections;
  /** Bytes of zero memory from which on it is mapped fresh, and stands in no file; absent: `usualFreshZero`. */
  readonly freshZero?: number;
  /**
   * `partition`: one file for libraries that the same programs use; an executable stands in its own image. `module`: one
   * file each. `collection`: one file for all libraries of a store or of programs that are bound together. `program`: none; everything
   * stands in the program's own image, without gaps, as it does under `collection` where a program is alone.
   */
  readonly files: 'partition' | 'module' | 'collection' | 'program';
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
  /** A space of the system's own making, in place of one at a random base; `bits`: as many as a person allows. */
  readonly space?: (bits: number) => AddressSpace;
  /** Bytes of a block: a module's range is whole blocks; absent: pages. */
  readonly block?: number;
  /** Bits of the distance that its calls between modules reach: what fits stands within it. Absent: distances are nothing to it. */
  readonly reach?: number;
  /** Bytes at the beginning of the space that no module gets. */
  readonly reserved?: number;
  /** Bytes between the ranges of two modules; absent: none. What calls cost by distance is measured so. */
  readonly apart?: number;
  /** Where every executable's range begins. */
  readonly executablesAt?: Address;
  /** How modules call each other; absent: through PLT and GOT, as they were compiled. */
  readonly calls?: CallScheme;
  /**
   * Processes map what a place shows: all memory that the linker wrote, relocated when it is read. So many places, which
   * move by distances of their own; where a range of one is taken, a process uses the next.
   */
  readonly places?: Omit<Places, 'path' | 'files'>;
  /** Every process draws a distance by which all modules, and the linker's memory, move. */
  readonly slides?: boolean;
}

/** What processes map in place of the files that are written for them. */
export function backingOf({ places }: Arrangement): WrittenFile['kind'] {
  return places ? 'shown' : 'file';
}

/**
 * The one interface behind which each system stands. A system is a folder here and a line in `registry.ts`; shared code
 * never asks which one it has, it reads what the system says of itself or catches the `Refusal` that it throws.
 */
import type { FolderRequest } from '../bind/folder-bind.ts';
import type { Subject } from '../bind/subject.ts';
import type { Image } from '../image/image.ts';
import type { Distance } from '../calls/distance.ts';
import type { Drawn } from '../models/aslr.ts';
import type { CostLaw } from '../models/cost-law.ts';
import type { AddressFormat } from '../ranges/address-format.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import type { Outcome } from '../util/outcome.ts';
import type { Address } from '../util/units.ts';
import type { SeenBy } from './seen-by.ts';

/** One of the ways to share code. */
export interface System {
  /** As in design and on the command line. */
  readonly id: string;
  /** Where the seed names it: `common 1` … `common 7`, `solution 1` … `solution 5`. */
  readonly seed: string;
  /** One line. */
  readonly summary: string;
  readonly properties: SystemProperties;
  /** The first is the default. */
  readonly variants: readonly SystemVariant[];
}

/** One of several forms of a system: all that is known of it. */
export type SystemVariant = VariantHead & (ArrangedVariant | BuiltVariant);

interface VariantHead {
  readonly id: string;
  /** One line. */
  readonly summary: string;
  /** Of a module's address; where a module has it in several ways, one each. */
  readonly randomness: readonly Randomness[];
  /** What stands at the same addresses in every process, wherever modules are; absent: nothing. */
  readonly constants?: Constants;
  readonly seenBy: SeenBy;
  /** What it costs on paper; absent where nobody has counted it. */
  readonly costs?: CostLaw;
  /** Absent: modules are side by side, and can be far apart. */
  readonly callDistance?: CallDistance;
  /** How its addresses are made, where they mean something. */
  readonly format?: AddressFormat;
}

/** Almost all: how modules are arranged in a folder or a store, and the shared code does the rest. */
export interface ArrangedVariant {
  readonly arrangement: Arrangement;
  /** The same with the system's tables where a person wants them, at one base or several, if they can be moved. Throws LinkonceError. */
  readonly arrangementAt?: (bases: readonly Address[]) => Arrangement;
  readonly build?: undefined;
}

/** One that writes no files of modules, and that no store can hold. */
interface BuiltVariant {
  readonly arrangement?: undefined;
  readonly arrangementAt?: undefined;
  /**
   * What is to be started in place of each program. One outcome for each, in their order: one that cannot be served does not
   * keep the others from it.
   */
  build(subjects: readonly Subject[], request: FolderRequest): Promise<readonly Outcome<Image>[]>;
}

/** How far apart what stands on the way of a call is: caller, stub, table with code, function. */
export interface CallDistance {
  /** `near`: all within 2 GiB. */
  readonly usual: Distance;
  /** What is different in the arrangement for the other one, which the call lab measures beside; a line: why there is none. */
  readonly other: Partial<Arrangement> | string;
}

/** How random a module's address is. */
export interface Randomness {
  readonly bits: number;
  /** How often it is drawn. */
  readonly drawn: Drawn;
}

/**
 * What an attacker needs no guess for, as phrases. An executable with fixed addresses has its PLT and GOT beside, under ld.so as well;
 * and where no address of a module is random, all is constant.
 */
export interface Constants {
  /** Code there that leads into modules. */
  readonly called?: string;
  /** Words there that tell where code of modules is. */
  readonly read?: string;
}

/** What the system states for itself; shown by `linkonce systems`. */
export interface SystemProperties {
  /** Where modules go. */
  readonly placement: string;
  readonly shared: string;
  readonly private: string;
  /** When each kind of work happens. */
  readonly work: { readonly mapping: string; readonly relocation: string; readonly binding: string };
  /** What happens when a module's range is taken. */
  readonly onCollision: string;
  readonly onUpgrade: string;
  /** What is done of a module's work before the program opens it with dlopen(3). */
  readonly onDlopen: string;
}

/**
 * The one interface behind which each system stands. A system is a folder here and a line in `registry.ts`; shared code
 * never asks which one it has, it reads what the system says of itself or catches the `Refusal` that it throws.
 */
import type { AddressFormat } from '../ranges/address-format.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import type { CollectionOutcome, CollectionRequest } from '../bind/bind-programs.ts';
import type { Subject } from '../bind/subject.ts';
import type { Drawn } from '../models/aslr.ts';
import type { CostLaw } from '../models/cost-law.ts';
import type { Address } from '../util/units.ts';

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
  /**
   * Writes what the system needs to run the programs, which share what they can. One outcome for each, in their order: one
   * that cannot be served does not keep the others from it. Every file appears whole or not at all.
   */
  build(subjects: readonly Subject[], request: BuildRequest): Promise<readonly CollectionOutcome[]>;
  /** Whether `base` of a request says where its tables go. */
  readonly takesBase?: boolean;
  /** How its addresses are made, where they mean something. */
  readonly formats?: readonly AddressFormat[];
  /** What it costs on paper, by variant; absent where nobody has counted it. */
  readonly costs?: Readonly<Record<string, CostLaw>>;
  /** How a store arranges programs under a variant; absent where the system has no files to arrange. */
  readonly arrangements: Readonly<Record<string, Arrangement>>;
}

/** One of several forms of a system. */
export interface SystemVariant {
  readonly id: string;
  readonly summary: string;
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
  /** Random bits of a module's address, and how often they are drawn. */
  readonly aslr: readonly {
    readonly bits: number;
    readonly drawn: Drawn;
  }[];
}

/** What is built, where, and in which variant. */
export interface BuildRequest extends CollectionRequest {
  readonly variant: string;
  /** Where a system has its tables, in place of where it likes. */
  readonly base?: Address | undefined;
}

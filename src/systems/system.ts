/**
 * The one interface behind which each system stands. A system is a folder here and a line in `registry.ts`; shared code
 * never asks which one it has, it reads what the system says of itself or catches the `Refusal` that it throws.
 */
import type { Image } from '../image/image.ts';
import type { Program } from '../program/program.ts';
import type { Explained } from '../provenance/explained.ts';

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
   * Writes what the system needs to run the program. Throws Refusal where it cannot serve it.
   * Every file appears whole or not at all.
   */
  build(subject: Subject, request: BuildRequest): Promise<Image>;
}

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
  readonly aslr: { readonly bits: number; readonly drawn: 'process' | 'boot' | 'bind' | 'never' };
}

/** A program with its explained captures, which are made when a system first asks for them. */
export interface Subject {
  readonly program: Program;
  explained(): Promise<Explained>;
}

export interface BuildRequest {
  readonly variant: string;
  /** Path of the launcher to write; further files stand beside it and begin with its name. */
  readonly output: string;
  /** Write a copy of the program whose PT_INTERP is the loader, instead of a launcher of its own. */
  readonly asInterpreter: boolean;
}

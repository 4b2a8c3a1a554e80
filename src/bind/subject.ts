import type { Program } from '../program/program.ts';
import type { Blueprint } from '../provenance/explained.ts';

/** A program whose captures are made when a system first asks for them. */
export interface Subject {
  readonly program: Program;
  /**
   * `order`: paths of all movable modules by the addresses that they shall have, ascending; absent where any order will do.
   * Throws as `captureProgram` and `explainCaptures`.
   */
  explained(order?: readonly string[]): Promise<Blueprint>;
}

/** What a person or a test says of a set of modules; everything else about the set follows from it. */

export const shapes = ['chain', 'tree', 'star', 'random'] as const;

/**
 * Which modules a module uses. `chain`: the next one. `tree`: two each, so that the set is log2(modules) deep. `star`: all
 * the last one, as everything uses the C library. `random`: up to three later ones.
 */
export type Shape = (typeof shapes)[number];

export const referenceKinds = ['calls', 'constants', 'addresses', 'pointers'] as const;

/**
 * How a module uses what it imports. `calls`: a function by name. `constants`: `extern const` data. `addresses`: a function's
 * address in a table of its own, which must be the address that the function's module says it has. `pointers`: a call
 * through the address that the function's module returns.
 */
export type ReferenceKind = (typeof referenceKinds)[number];

export interface SetDescription {
  /** Shared libraries. */
  readonly modules: number;
  /** Exported functions of each, and as many constants. */
  readonly functions: number;
  /** Imports of each module that uses another; the kinds in `references` take turns. */
  readonly imports: number;
  readonly shape: Shape;
  /** Draws the random shape, and which function an import is. */
  readonly seed: number;
  /** A variable in each module. Without it, and bound at start-up, a module has nothing writable after RELRO. */
  readonly writableData: boolean;
  /** Calls through PLT slots; else -fno-plt: through GOT slots at the call site. */
  readonly plt: boolean;
  /** PLT slots are bound at their first call; else all at start-up. */
  readonly lazy: boolean;
  /** At least one. */
  readonly references: readonly ReferenceKind[];
}

export const defaultDescription: SetDescription = {
  modules: 10,
  functions: 20,
  imports: 20,
  shape: 'tree',
  seed: 1,
  writableData: false,
  plt: true,
  lazy: false,
  references: referenceKinds,
};

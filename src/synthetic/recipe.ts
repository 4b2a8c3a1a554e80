/** What is compiled, and how: all that the outcome depends on, next to the compiler itself. */

export interface Recipe {
  /** C by the name of its file. */
  readonly sources: ReadonlyMap<string, string>;
  readonly compilations: readonly Compilation[];
  readonly links: readonly Link[];
}

/** One call of the compiler. */
export interface Compilation {
  readonly flags: readonly string[];
  readonly sources: readonly string[];
  /** The objects stand in this folder, each named like its source with `.o`. */
  readonly folder: string;
}

export interface Link {
  readonly output: string;
  readonly flags: readonly string[];
  /** Objects. */
  readonly inputs: readonly string[];
  /** Outputs of other links that this one is linked with; made before it. */
  readonly uses: readonly string[];
}

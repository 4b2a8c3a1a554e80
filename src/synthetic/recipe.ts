/** What is compiled, and how: all that the outcome depends on, next to the compiler itself. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../util/native.ts';

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

/**
 * A header for executables that a package brings compiled, and what links them then: they start with every glibc that linkonce serves,
 * not only with those from that of the compiler on.
 */
export const anyGlibc = { header: 'any-glibc.h', flag: '-Wl,--wrap=__libc_start_main' } as const;

/** Of a file in native/ or a folder there. */
export function nativeSource(...names: readonly string[]): string {
  return readFileSync(path.join(packageRoot(), 'native', ...names), 'utf8');
}

export interface Link {
  readonly output: string;
  readonly flags: readonly string[];
  /** Objects. */
  readonly inputs: readonly string[];
  /** Outputs of other links that this one is linked with; made before it. */
  readonly uses: readonly string[];
}

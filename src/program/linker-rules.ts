/** What glibc's and musl's linkers do differently when they load a program's libraries: the variants of `closure`. */
import type { Module } from './program.ts';

/** A module with what the linker remembers of how it came in. */
export interface Loaded {
  readonly module: Module;
  /** The names under which a later request finds it without a search. */
  readonly names: Set<string>;
  /** The module whose need brought it in; undefined for the executable and the interpreter. */
  readonly loader: Loaded | undefined;
}

export interface LinkerRules {
  /** Libraries that are loaded before those that the executable needs; one that is not found is left out. */
  readonly preloads: readonly string[];
  /** A DT_NEEDED of `loader`, as the linker takes it. */
  request(needed: string, loader: Loaded): string;
  /** Whether the interpreter itself answers to this request, besides its `names`. */
  isInterpreter(request: string): boolean;
  /** The names that `module` gets; `request` is what was searched for, undefined for executable and interpreter. */
  names(module: Module, request: string | undefined): readonly string[];
  /** Throws Refusal where the linker does with this module what `closure` does not. */
  admit(module: Module): void;
  /** The path by which the linker opens a library; undefined where it finds none. Throws LinkonceError, Refusal. */
  find(request: string, loader: Loaded): string | undefined;
}

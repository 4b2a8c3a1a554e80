/** Where a symbol reference leads: what `createResolver` answers. */
import type { ElfSymbol } from '../elf/elf-file.ts';
import type { Module } from './program.ts';

export interface Definition {
  readonly module: Module;
  readonly symbol: ElfSymbol;
}

/**
 * How the reference is made, since it changes the search, as glibc's `elf_machine_type_class` has it; `referenceKind` tells
 * it for a relocation. `copy` skips the executable; `plt` (slots of calls, and the thread-local ones) does not take
 * an undefined symbol with a value, the PLT slot that stands for a function in an executable that is no PIE.
 */
export type ReferenceKind = 'plt' | 'data' | 'copy';

export interface Resolver {
  /**
   * The definition that the platform's linker binds symbol `index` of `module` to; undefined for a weak reference
   * without definition. Throws Refusal for a strong one, naming module, symbol and version.
   */
  resolve(module: Module, index: number, kind: ReferenceKind): Definition | undefined;
}

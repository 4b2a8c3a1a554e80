/** What the look-ups of glibc and musl have in common. */
import type { ElfSymbol, SymbolName, SymbolTable, SymbolVersion } from '../elf/elf-file.ts';
import { symbolName } from '../elf/symbol-name.ts';
import type { Definition, ReferenceKind } from './definition.ts';
import type { Module, Program } from './program.ts';

/** Where a reference of `module` to its symbol leads; undefined where no module defines it. */
export type Lookup = (module: Module, reference: ElfSymbol, kind: ReferenceKind) => Definition | undefined;

/** What is searched for. */
export interface Wanted {
  readonly name: SymbolName;
  readonly version: SymbolVersion | undefined;
  readonly kind: ReferenceKind;
}

/** A module to search, with its symbols at hand. */
export interface ScopeEntry {
  readonly module: Module;
  readonly symbols: SymbolTable;
}

/**
 * The modules in which symbols are searched, in order. The interpreter is one of them only where a module needs it:
 * then the linker keeps itself in the list (`rtld_multiple_ref` of glibc's elf/rtld.c).
 */
export function globalScope({ modules, interpreter, dependencies }: Program): ScopeEntry[] {
  const isNeeded = [...dependencies.values()].some((needed) => needed.includes(interpreter));
  return modules.filter((module) => module !== interpreter || isNeeded).map(scopeEntry);
}

export function scopeEntry(module: Module): ScopeEntry {
  return { module, symbols: module.elf.symbols };
}

/** Computes a name's hashes once, however many modules refer to it. */
export function symbolNames(): (text: string) => SymbolName {
  const known = new Map<string, SymbolName>();
  return (text) => {
    const name = known.get(text) ?? symbolName(text);
    known.set(text, name);
    return name;
  };
}

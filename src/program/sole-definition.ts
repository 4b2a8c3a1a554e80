/**
 * Symbols that mean the same whatever a program opens, in whatever order and with whatever flags: exactly one of all modules that can
 * be there defines the name, so that neither the order of scopes nor RTLD_GLOBAL nor RTLD_DEEPBIND can matter.
 */
import { STB, STT, STV } from '../elf/constants.ts';
import type { ElfSymbol } from '../elf/elf-file.ts';
import type { Definition, ReferenceKind } from './definition.ts';
import { bindsLocally, definitionIn, mayDefine } from './glibc-lookup.ts';
import type { ScopeEntry } from './lookup.ts';
import { scopeEntry, symbolNames } from './lookup.ts';
import type { Module } from './program.ts';
import { indexScope } from './scope-index.ts';

/** `none`: nobody defines it. `unsure`: several do, or the one that does has it in another version. */
export type Sole = Definition | 'none' | 'unsure';

/** What a reference of `module` leads to. */
export type SoleLookup = (module: Module, reference: ElfSymbol, kind: ReferenceKind) => Sole;

/** `modules`: all that can be there. */
export function soleDefinitions(modules: readonly Module[]): SoleLookup {
  const having = indexScope(modules.map(scopeEntry));
  const nameOf = symbolNames();
  const known = new Map<string, readonly ScopeEntry[]>();
  const definers = (text: string, kind: ReferenceKind): readonly ScopeEntry[] => {
    const key = `${kind} ${text}`;
    const name = nameOf(text);
    const found = known.get(key) ?? having(name).filter((entry) => mayDefine(entry, name, kind));
    known.set(key, found);
    return found;
  };
  return (module, reference, kind) => {
    if (bindsLocally(reference)) return { module, symbol: reference };
    const { version } = reference;
    const wanted = { name: nameOf(reference.name), version, kind };
    if (module.elf.dynamic?.symbolic === true) {
      const own = definitionIn(scopeEntry(module), wanted);
      if (own) return isLastWord(own) ? { module, symbol: own } : 'unsure';
    }
    const [only, ...others] = definers(reference.name, kind);
    if (!only) return reference.binding === STB.WEAK ? 'none' : 'unsure';
    if (others.length > 0) return 'unsure';
    const symbol = definitionIn(only, wanted);
    return symbol && isLastWord(symbol) && isPlain(reference) ? { module: only.module, symbol } : 'unsure';
  };
}

/** Of a unique symbol the first definition that was ever loaded counts, and the linker keeps a table of them. */
function isLastWord({ binding, type }: ElfSymbol): boolean {
  return binding !== STB.GNU_UNIQUE && type !== STT.TLS;
}

/** Protected symbols have rules of their own. */
function isPlain({ visibility }: ElfSymbol): boolean {
  return visibility === STV.DEFAULT;
}

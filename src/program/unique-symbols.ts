/**
 * Symbols of which a process has one definition, whoever asks: STB_GNU_UNIQUE, which g++ gives to static variables of
 * inline functions and templates. ld.so keeps the definition that it found first, by name alone (`do_lookup_unique` of
 * elf/dl-lookup.c); later references get that one, even where scope or version would lead them to another.
 *
 * So the first reference in the order of relocation decides. It seldom matters: in Debian's apt, libapt-private defines
 * variables that libapt-pkg has with another version, and uses those of libapt-pkg.
 */
import { STB } from '../elf/constants.ts';
import type { ElfSymbol } from '../elf/elf-file.ts';
import type { Definition } from './definition.ts';
import type { Lookup } from './lookup.ts';
import type { Module, Program } from './program.ts';
import { referenceKind } from './reference-kind.ts';
import { relocationOrder } from './relocation-order.ts';

/** The definition that serves the whole process. */
export type UniqueDefinition = (name: string) => Definition | undefined;

export function isUnique({ binding }: ElfSymbol): boolean {
  return binding === STB.GNU_UNIQUE;
}

/** `lookup` finds a definition by scope and version. The program's relocations are read at the first question. */
export function uniqueDefinitions(program: Program, lookup: Lookup): UniqueDefinition {
  let relocations: Map<string, Relocated[]> | undefined;
  const kept = new Map<string, Definition | undefined>();
  return (name) => {
    relocations ??= relocatedByName(program);
    if (!kept.has(name)) kept.set(name, firstDefinition(relocations.get(name) ?? [], lookup));
    return kept.get(name);
  };
}

/** A symbol and a type of relocation that refers to it. */
interface Relocated {
  readonly module: Module;
  readonly symbol: ElfSymbol;
  readonly type: number;
}

function firstDefinition(references: readonly Relocated[], lookup: Lookup): Definition | undefined {
  for (const { module, symbol, type } of references) {
    const kind = referenceKind(type);
    const found = lookup(module, symbol, kind);
    // A copy in the executable takes the place of what it copies.
    if (found && isUnique(found.symbol)) return kind === 'copy' ? { module, symbol } : found;
  }
  return undefined;
}

/** References by name, in the order in which ld.so meets them. */
function relocatedByName(program: Program): Map<string, Relocated[]> {
  const found = new Map<string, Relocated[]>();
  for (const module of relocationOrder(program))
    for (const { symbol: index, type } of module.elf.relocations) {
      if (index === 0) continue;
      const symbol = module.elf.symbols.at(index);
      const references = found.get(symbol.name) ?? [];
      if (references.at(-1)?.symbol !== symbol) references.push({ module, symbol, type });
      found.set(symbol.name, references);
    }
  return found;
}

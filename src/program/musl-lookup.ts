/**
 * Symbol look-up as musl's linker does it: `find_sym2` and `do_relocs` of ldso/dynlink.c. Versions are not compared; a
 * definition that is not the default of its name is not seen.
 */
import { SHN, STB, STT } from '../elf/constants.ts';
import type { ElfSymbol } from '../elf/elf-file.ts';
import { globalScope, symbolNames, type Lookup, type ScopeEntry, type Wanted } from './lookup.ts';
import type { Program } from './program.ts';
import { indexScope } from './scope-index.ts';

/** The look-up for a program. */
export function muslLookup(program: Program): Lookup {
  const scope = globalScope(program);
  const having = indexScope(scope);
  const nameOf = symbolNames();
  return (module, reference, kind) => {
    if (reference.binding === STB.LOCAL) return { module, symbol: reference };
    const wanted = { name: nameOf(reference.name), version: undefined, kind };
    for (const entry of having(wanted.name)) {
      if (kind === 'copy' && entry.module === program.executable) continue;
      const symbol = inModule(entry, wanted);
      if (symbol && isDefinition(symbol, wanted)) return { module: entry.module, symbol };
    }
    return undefined;
  };
}

function inModule({ symbols }: ScopeEntry, { name }: Wanted): ElfSymbol | undefined {
  const index = symbols.find(name, (candidate) => symbols.at(candidate).version?.hidden !== true);
  return index === 0 ? undefined : symbols.at(index);
}

const definitionTypes = new Set<number>([STT.NOTYPE, STT.OBJECT, STT.FUNC, STT.COMMON, STT.TLS]);
const visibleBindings = new Set<number>([STB.GLOBAL, STB.WEAK, STB.GNU_UNIQUE]);

/** An undefined symbol with a value stands for a function, but not for calls and not for TLS. */
function isDefinition({ value, sectionIndex, type, binding }: ElfSymbol, { kind }: Wanted): boolean {
  const isTaken = sectionIndex !== SHN.UNDEF || (kind !== 'plt' && type !== STT.TLS);
  const hasPlace = value !== 0 || type === STT.TLS;
  return isTaken && hasPlace && definitionTypes.has(type) && visibleBindings.has(binding);
}

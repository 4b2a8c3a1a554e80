/**
 * Symbol look-up as glibc's ld.so does it: `_dl_lookup_symbol_x`, `do_lookup_x` and `check_match` of elf/dl-lookup.c, and
 * `RESOLVE_MAP` of elf/dl-reloc.c.
 *
 * The first module of the scope with an acceptable symbol wins, weak or not (LD_DYNAMIC_WEAK is never set). Most
 * references of a program are to the same few names, so the answer of the global scope is kept by name, version and kind.
 */
import { SHN, STB, STT, STV } from '../elf/constants.ts';
import type { ElfSymbol, SymbolName, SymbolTable } from '../elf/elf-file.ts';
import type { Definition, ReferenceKind } from './definition.ts';
import { globalScope, scopeEntry, symbolNames, type Lookup, type ScopeEntry, type Wanted } from './lookup.ts';
import type { Program } from './program.ts';
import { indexScope } from './scope-index.ts';
import { isUnique, uniqueDefinitions } from './unique-symbols.ts';

/** The look-up for a program; its answers do not depend on the order of the questions. */
export function glibcLookup(program: Program): Lookup {
  const byScope = scopeLookup(program);
  const unique = uniqueDefinitions(program, byScope);
  return (module, reference, kind) => {
    const found = byScope(module, reference, kind);
    if (found === undefined || bindsLocally(reference)) return found;
    const shared = isUnique(found.symbol) && kind !== 'copy' ? unique(reference.name) : undefined;
    const definition = shared ?? found;
    // A module's own definition of a protected symbol counts for it, though another was found first.
    const isOwn = definition.module === module || reference.visibility !== STV.PROTECTED;
    return isOwn ? definition : { module, symbol: reference };
  };
}

/** What scope and version lead to: the module itself first where it has DT_SYMBOLIC. */
function scopeLookup(program: Program): Lookup {
  const inGlobalScope = keptSearch(globalScope(program), program);
  const nameOf = symbolNames();
  return (module, reference, kind) => {
    if (bindsLocally(reference)) return { module, symbol: reference };
    const wanted = {
      name: nameOf(reference.name),
      version: reference.version,
      // A reference to TLS never takes an undefined symbol: its relocations are of the same class as calls.
      kind: reference.type === STT.TLS && kind === 'data' ? 'plt' : kind,
    } as const;
    const isSymbolic = module !== program.executable && module.elf.dynamic?.symbolic === true;
    const own = isSymbolic ? definitionIn(scopeEntry(module), wanted) : undefined;
    return own ? { module, symbol: own } : inGlobalScope(wanted);
  };
}

/** `_dl_lookup_symbol_x` is not even asked for these. */
export function bindsLocally({ binding, visibility }: ElfSymbol): boolean {
  return binding === STB.LOCAL || visibility === STV.HIDDEN || visibility === STV.INTERNAL;
}

/** A search through the whole scope that keeps its answers. */
function keptSearch(
  scope: readonly ScopeEntry[],
  { executable }: Program,
): (wanted: Wanted) => Definition | undefined {
  const having = indexScope(scope);
  const kept = new Map<SymbolName, Kept[]>();
  return (wanted) => {
    const { name, version, kind } = wanted;
    const answers = kept.get(name) ?? [];
    const known = answers.find((each) => each.kind === kind && each.version === version?.name);
    if (known) return known.found;
    const entries = having(name).filter(({ module }) => kind !== 'copy' || module !== executable);
    const found = inEntries(entries, wanted);
    kept.set(name, [...answers, { kind, version: version?.name, found }]);
    return found;
  };
}

/** An answer for a name. */
interface Kept {
  readonly kind: ReferenceKind;
  readonly version: string | undefined;
  readonly found: Definition | undefined;
}

function inEntries(entries: readonly ScopeEntry[], wanted: Wanted): Definition | undefined {
  for (const entry of entries) {
    const symbol = definitionIn(entry, wanted);
    if (symbol) return { module: entry.module, symbol };
  }
  return undefined;
}

/** The module's symbol that ld.so takes, if any. */
export function definitionIn({ symbols }: ScopeEntry, wanted: Wanted): ElfSymbol | undefined {
  const symbol = wanted.version ? versioned(symbols, wanted) : unversioned(symbols, wanted);
  return symbol && isVisible(symbol) ? symbol : undefined;
}

/** The symbol of that version, or one without a version, as a module has whose version was built without versions. */
function versioned(symbols: SymbolTable, wanted: Wanted): ElfSymbol | undefined {
  const { name, hash } = wanted.version!;
  const index = symbols.find(wanted.name, (candidate) => {
    const symbol = symbols.at(candidate);
    const version = symbol.version;
    return isDefinition(symbol, wanted) && (!version || (version.hash === hash && version.name === name));
  });
  return index === 0 ? undefined : symbols.at(index);
}

/**
 * A reference without a version takes what existed before versions did: the base (index 1) or the first version (index
 * 2). Where there is none, the only default version is unambiguous.
 */
function unversioned(symbols: SymbolTable, wanted: Wanted): ElfSymbol | undefined {
  const defaults: ElfSymbol[] = [];
  const index = symbols.find(wanted.name, (candidate) => {
    const symbol = symbols.at(candidate);
    if (!isDefinition(symbol, wanted)) return false;
    if ((symbol.versionIndex ?? 0) < 3) return true;
    if (symbol.version?.hidden === false) defaults.push(symbol);
    return false;
  });
  if (index !== 0) return symbols.at(index);
  return defaults.length === 1 ? defaults[0] : undefined;
}

/** Whether ld.so takes the module's symbol of that name for a reference of any version. */
export function mayDefine({ symbols }: ScopeEntry, name: SymbolName, kind: ReferenceKind): boolean {
  const isTaken = (symbol: ElfSymbol): boolean => isDefinition(symbol, { kind }) && isVisible(symbol);
  return symbols.find(name, (index) => isTaken(symbols.at(index))) !== 0;
}

const definitionTypes = new Set<number>([
  STT.NOTYPE,
  STT.OBJECT,
  STT.FUNC,
  STT.COMMON,
  STT.TLS,
  STT.GNU_IFUNC,
]);

/**
 * The first tests of `check_match`. An undefined symbol with a value is the PLT slot that stands for a function in an
 * executable that is no PIE: its address for all but calls.
 */
function isDefinition(symbol: ElfSymbol, { kind }: Pick<Wanted, 'kind'>): boolean {
  const hasPlace = symbol.value !== 0 || symbol.sectionIndex === SHN.ABS || symbol.type === STT.TLS;
  const isTaken = kind !== 'plt' || symbol.sectionIndex !== SHN.UNDEF;
  return hasPlace && isTaken && definitionTypes.has(symbol.type);
}

const visibleBindings = new Set<number>([STB.GLOBAL, STB.WEAK, STB.GNU_UNIQUE]);

function isVisible({ binding, visibility }: ElfSymbol): boolean {
  return visibleBindings.has(binding) && visibility !== STV.HIDDEN && visibility !== STV.INTERNAL;
}

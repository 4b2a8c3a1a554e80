/**
 * Which entry each import of a module uses: a hash of its name, so that every machine gives it the same one. Where the entry is
 * taken by another import of the module, the name is hashed again with the next salt; and also where a known implementation of
 * its dependencies uses it for another function, as long as that helps.
 */
import { hashName } from '../../ranges/hash-name.ts';
import { entriesOf, isRoomy, tableCount } from '../../models/dispatcher-tables.ts';
import { Refusal } from '../../util/errors.ts';
import type { Entry } from './tables.ts';
import { entryOffset } from './tables.ts';
import { at, present } from '../../util/present.ts';

export interface Importer {
  /** Names of the functions that it imports. */
  readonly symbols: readonly string[];
  /** Modules that it needs itself, by their places in the list. */
  readonly needed: readonly number[];
  /** Which of several dispatchers it calls through: what others have entries in is nothing to it. Absent: there is one. */
  readonly dispatcher?: number;
}

export interface Chosen {
  readonly entries: ReadonlyMap<string, Entry>;
  /** How often a name was hashed again: for an entry of the module's own, and for one of a known dependency. */
  readonly again: { readonly inModule: number; readonly forDependencies: number };
}

/** Salts that are tried for the sake of dependencies. */
const politeTries = 32;

/** One for each importer. Throws Refusal where a module imports more functions than the largest table has room for. */
export function chooseEntries(importers: readonly Importer[]): Chosen[] {
  const done = new Map<number, Chosen>();
  const begun = new Set<number>();
  const choose = (index: number): void => {
    const importer = importers[index];
    // Modules can need each other: what is begun knows nothing of the other.
    if (begun.has(index) || !importer) return;
    begun.add(index);
    for (const each of importer.needed) choose(each);
    const dependencies = dependenciesOf(importers, index)
      .filter((each) => importers[each]?.dispatcher === importer.dispatcher)
      .flatMap((each) => done.get(each) ?? []);
    done.set(index, chooseFor(importer, dependencies));
  };
  importers.forEach((_, index) => {
    choose(index);
  });
  return importers.map((_, index) => present(done.get(index), 'choice of a module'));
}

/** All that a module needs, itself and through others, in ascending order. */
function dependenciesOf(importers: readonly Importer[], index: number): number[] {
  const found = new Set<number>();
  const queue = [index];
  for (const each of queue)
    for (const next of importers[each]?.needed ?? [])
      if (!found.has(next)) {
        found.add(next);
        queue.push(next);
      }
  found.delete(index);
  return [...found].sort((a, b) => a - b);
}

function chooseFor({ symbols }: Importer, dependencies: readonly Chosen[]): Chosen {
  const names = [...new Set(symbols)].sort();
  const foreign = takenBy(dependencies);
  const table = tableFor(names.length, dependencies);
  const own = new Map<number, string>();
  const entries = new Map<string, Entry>();
  const again = { inModule: 0, forDependencies: 0 };
  for (const symbol of names) {
    const rival = (offset: number, salt: number): keyof typeof again | undefined => {
      if (own.has(offset)) return 'inModule';
      const isTaken = (foreign.get(offset) ?? symbol) !== symbol;
      return isTaken && salt <= politeTries ? 'forDependencies' : undefined;
    };
    let salt = 0;
    let entry = saltedEntry(symbol, salt, table);
    for (let kind = rival(entryOffset(entry), salt); kind; kind = rival(entryOffset(entry), salt)) {
      again[kind]++;
      entry = saltedEntry(symbol, ++salt, table);
    }
    own.set(entryOffset(entry), symbol);
    entries.set(symbol, entry);
  }
  return { entries, again };
}

/**
 * The smallest table that has room for a module's imports beside those of its known dependencies: so growing tables serve
 * modules with many direct imports, and with many known indirect ones.
 */
function tableFor(imports: number, dependencies: readonly Chosen[]): number {
  const used = Array.from({ length: tableCount }, () => new Set<number>());
  for (const { entries } of dependencies)
    for (const entry of entries.values()) at(used, entry.table, 'table').add(entry.index);
  const table = used.findIndex((indexes, size) => isRoomy(size, imports + indexes.size));
  if (table >= 0) return table;
  if (isRoomy(tableCount - 1, imports)) return tableCount - 1;
  throw new Refusal(`a module imports ${String(imports)} functions, more than the dispatcher has room for`);
}

function takenBy(dependencies: readonly Chosen[]): Map<number, string> {
  const taken = new Map<number, string>();
  for (const { entries } of dependencies)
    for (const [symbol, entry] of entries) taken.set(entryOffset(entry), symbol);
  return taken;
}

/** The first one is the hash of the bare name. */
export function saltedEntry(symbol: string, salt: number, table: number): Entry {
  const name = salt === 0 ? symbol : `${symbol}#${String(salt)}`;
  return { table, index: hashName(name, entriesOf(table)) };
}

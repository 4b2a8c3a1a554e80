/**
 * How a hashed dispatcher fills up (solution 4 of the seed): an entry that several modules use for different functions has to ask
 * for the return address, which costs a search at each call. Inside a module names are hashed again until all its entries differ,
 * so that only the imports of different modules meet.
 *
 * Growing tables help a module with many imports of its own: it takes a larger table. They do not help a program of many modules
 * with few imports each: all of them take the same small one. That is what the curves show.
 */
import type { Random } from './collision.ts';
import { entriesOf, tableWithRoom } from './dispatcher-tables.ts';
import { tally } from '../util/tally.ts';
import { present } from '../util/present.ts';

/** A module of a program, as far as the dispatcher sees it. */
export interface Importer {
  /** Functions that it imports. */
  readonly imports: number;
}

/** Programs that differ in how much they import. */
export interface CurveSettings {
  /** Numbers of imports of the whole program, ascending. */
  readonly imports: readonly number[];
  /** Of a module, where the imports are those of many. */
  readonly importsOfModule: number;
}

/** Parts, from 0 to 1, of all imports whose entry has to be told apart by the return address. */
export interface SaturationPoint {
  readonly imports: number;
  /** All of one module. */
  readonly direct: number;
  /** The same number, of modules with few each. */
  readonly indirect: number;
  /** The same modules, all in one table as large as all their imports need. */
  readonly oneTable: number;
}

/** For each number of imports, which part of them has to be told apart, where they are of one module and of many. */
export function saturationCurve({ imports, importsOfModule }: CurveSettings): readonly SaturationPoint[] {
  return imports.map((all) => {
    const modules = modulesOf(all, importsOfModule);
    return {
      imports: all,
      direct: sharedEntries([{ imports: all }]),
      indirect: sharedEntries(modules),
      oneTable: sharedInTable(modules, entriesOf(tableWithRoom(all))),
    };
  });
}

/** As many modules as it takes; the last one has the rest. */
function modulesOf(imports: number, importsOfModule: number): readonly Importer[] {
  const full = Math.floor(imports / importsOfModule);
  const rest = imports - full * importsOfModule;
  const modules = Array.from({ length: full }, () => ({ imports: importsOfModule }));
  return rest > 0 ? [...modules, { imports: rest }] : modules;
}

/**
 * The expected part of all imports whose entry another module uses, too, where each module takes the table that its own imports
 * need. All functions are taken to be different; real modules import many of the same, which share their entries in peace.
 */
export function sharedEntries(modules: readonly Importer[]): number {
  const byTable = new Map<number, Importer[]>();
  for (const module of modules) {
    const table = tableWithRoom(module.imports);
    byTable.set(table, [...(byTable.get(table) ?? []), module]);
  }
  const all = importsOf(modules);
  const shared = [...byTable].map(([table, own]) => sharedInTable(own, entriesOf(table)) * importsOf(own));
  return all === 0 ? 0 : shared.reduce((sum, each) => sum + each, 0) / all;
}

/**
 * The same in a table of so many entries. A module's n entries are n different ones, drawn by chance: another's entry is among
 * them with probability n/entries.
 */
function sharedInTable(modules: readonly Importer[], entries: number): number {
  const free = modules.map(({ imports }) => Math.max(0, 1 - imports / entries));
  const product = free.reduce((all, each) => all * each, 1);
  const shared = modules.map(({ imports }, index) => {
    const others = free[index]! > 0 ? product / free[index]! : productWithout(free, index);
    return imports * (1 - others);
  });
  return shared.reduce((sum, each) => sum + each, 0) / Math.max(1, importsOf(modules));
}

function productWithout(factors: readonly number[], index: number): number {
  return factors.reduce((product, each, place) => (place === index ? product : product * each), 1);
}

function importsOf(modules: readonly Importer[]): number {
  return modules.reduce((sum, { imports }) => sum + imports, 0);
}

/** The part that dice give: each module draws its entries, and what is drawn twice is shared. Judges `sharedEntries`. */
export function simulateSaturation(modules: readonly Importer[], random: Random): number {
  const users = new Map<string, number>();
  const drawn = modules.map(({ imports }) => {
    const table = tableWithRoom(imports);
    const own = drawDifferent(imports, entriesOf(table), random);
    return [...own].map((entry) => `${String(table)}:${String(entry)}`);
  });
  for (const entry of drawn.flat()) tally(users, entry);
  const shared = drawn.flat().filter((entry) => present(users.get(entry), 'count') > 1).length;
  return shared / Math.max(1, drawn.flat().length);
}

function drawDifferent(count: number, entries: number, random: Random): ReadonlySet<number> {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(random(entries));
  return drawn;
}

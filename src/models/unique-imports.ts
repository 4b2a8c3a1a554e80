/**
 * How a hashed dispatcher fills up by its unique imports: a function that several modules import has one entry, in peace. The
 * number of entries that the seed speaks of is that of different functions, not of imports.
 */
import type { Random } from './collision.ts';
import { entriesOf, tableWithRoom } from './dispatcher-tables.ts';

export interface UniqueImports {
  /** Of all modules together. */
  readonly imports: number;
  readonly importsOfModule: number;
  /** How many modules import the same function, on average. */
  readonly importers: number;
}

export interface UniqueSaturation {
  /** Different ones. */
  readonly functions: number;
  /** Part of the imports whose entry has to be told apart. */
  readonly ofImports: number;
  /** Part of the entries that are used. */
  readonly ofEntries: number;
}

/**
 * Expected, with entries as if drawn: of so many rivals none has a function's entry with probability e^−λ. A function is no
 * rival where all modules that import it import the other one as well, since within a module names are hashed again.
 */
export function uniqueSaturation({ imports, importsOfModule, importers }: UniqueImports): UniqueSaturation {
  const functions = imports / importers;
  const modules = Math.max(1, imports / importsOfModule);
  const sameModules = Math.min(1, importers / modules) ** importers;
  const own = Math.min(imports, importsOfModule);
  const entries = entriesOf(tableWithRoom(own));
  // What is hashed again in one module has a second entry, if others import it as well.
  const again = ((modules * own * (own - 1)) / 2 / entries) * (1 - 1 / importers);
  const rivals = (functions - 1) * (1 - sameModules) + again;
  const mean = -Math.max(0, rivals) * Math.log1p(-1 / entries);
  // Of the entries in use, with k rivals on each function: 1 − λ/(e^λ − 1).
  const ofEntries = mean === 0 ? 0 : 1 - mean / Math.expm1(mean);
  return { functions, ofImports: 0 - Math.expm1(-mean), ofEntries };
}

/** What each module of a made-up program imports: numbers of functions, every module so many different ones. */
export function drawImports(
  { imports, importsOfModule, importers }: UniqueImports,
  random: Random,
): readonly (readonly number[])[] {
  const functions = Math.max(importsOfModule, Math.round(imports / importers));
  return Array.from({ length: Math.round(imports / importsOfModule) }, () => {
    const drawn = new Set<number>();
    while (drawn.size < importsOfModule) drawn.add(random(functions));
    return [...drawn];
  });
}

/** Saturation by unique imports and with known dependencies, judged by the entries that the system itself chooses. */
import { describe, expect, it } from 'vitest';
import type { TreeDescription } from '../../src/models/dependency-tree.ts';
import { saturationByDepth } from '../../src/models/dependency-tree.ts';
import { sharedByUnrelated } from '../../src/models/known-dependencies.ts';
import { drawImports, uniqueSaturation } from '../../src/models/unique-imports.ts';
import type { Importer } from '../../src/systems/hash-dispatcher/choose-entries.ts';
import { chooseEntries } from '../../src/systems/hash-dispatcher/choose-entries.ts';
import { entryOffset } from '../../src/systems/hash-dispatcher/tables.ts';
import { createRandom } from '../../src/util/random.ts';

/** Parts that the system's own choice gives: of imports, and of used entries. */
function chosenParts(importers: readonly Importer[]): { readonly imports: number; readonly entries: number } {
  const chosen = chooseEntries(importers).flatMap(({ entries }) => [...entries]);
  const users = new Map<number, Set<string>>();
  for (const [symbol, entry] of chosen) {
    const offset = entryOffset(entry);
    users.set(offset, (users.get(offset) ?? new Set()).add(symbol));
  }
  const isShared = (offset: number): boolean => (users.get(offset)?.size ?? 0) > 1;
  return {
    imports: chosen.filter(([, entry]) => isShared(entryOffset(entry))).length / chosen.length,
    entries: [...users.keys()].filter(isShared).length / users.size,
  };
}

/** Modules of a tree as the system sees them: the first one needs the next, and so on. */
function treeImporters({ shape, fanOut, importsOfModule }: TreeDescription, depth: number): Importer[] {
  const importers: { symbols: string[]; needed: number[] }[] = [];
  const add = (left: number): number => {
    const index = importers.length;
    const symbols = Array.from({ length: importsOfModule }, (_, each) => `m${index}_f${each}`);
    const own = { symbols, needed: [] as number[] };
    importers.push(own);
    const branches = shape === 'chain' ? 1 : shape === 'star' ? depth * fanOut : fanOut;
    for (let branch = 0; left > 0 && branch < branches; branch++)
      own.needed.push(add(shape === 'star' ? 0 : left - 1));
    return index;
  };
  add(depth);
  return importers;
}

describe('sharedByUnrelated', () => {
  it.each([
    ['chain', 1, 40, 6],
    ['tree', 2, 40, 3],
    ['tree', 3, 20, 3],
    ['tree', 3, 40, 4],
    ['star', 5, 40, 3],
  ] as const)(
    'agrees with the system itself: a %s of %i, %i imports, depth %i',
    (shape, fanOut, each, depth) => {
      const tree: TreeDescription = { shape, fanOut, importsOfModule: each };
      const { imports } = chosenParts(treeImporters(tree, depth));
      expect(Math.abs(sharedByUnrelated(tree, depth) - imports)).toBeLessThan(0.08);
    },
  );

  it('is nothing in a chain, and less than where nobody knows anybody', () => {
    const tree: TreeDescription = { shape: 'tree', fanOut: 3, importsOfModule: 40 };
    expect(sharedByUnrelated({ ...tree, shape: 'chain' }, 12)).toBe(0);
    for (const depth of [1, 2, 3, 4]) {
      const [unknown] = saturationByDepth(tree, [depth]);
      expect(sharedByUnrelated(tree, depth)).toBeLessThan(unknown?.shared ?? 0);
    }
  });
});

/** Names with nothing in common: those that differ in their last letter only never have one hash. */
const nameOf = (number: number): string => String(createRandom(number)(2 ** 32));

describe('uniqueSaturation', () => {
  it.each([
    [400, 40, 1],
    [400, 40, 2],
    [1000, 40, 1.6],
    [4000, 40, 2.3],
    [4000, 200, 2],
  ])(
    'agrees with the system itself: %i imports of modules of %i, each function of %f',
    (imports, importsOfModule, importers) => {
      const program = { imports, importsOfModule, importers };
      const random = createRandom(5);
      const rounds = Array.from({ length: 20 }, (_, round) => {
        const modules = drawImports(program, random).map((drawn) => ({
          symbols: drawn.map((each) => nameOf(each + 1e6 * round)),
          needed: [],
        }));
        // Some functions are several modules' by chance also where each is one's.
        const functions = new Set(modules.flatMap(({ symbols }) => symbols)).size;
        const expected = uniqueSaturation({ ...program, importers: imports / functions });
        return { found: chosenParts(modules), expected };
      });
      const mean = (of: (round: (typeof rounds)[number]) => number): number =>
        rounds.reduce((sum, round) => sum + of(round), 0) / rounds.length;
      expect(Math.abs(mean(({ found, expected }) => expected.ofImports - found.imports))).toBeLessThan(0.05);
      expect(Math.abs(mean(({ found, expected }) => expected.ofEntries - found.entries))).toBeLessThan(0.05);
    },
  );

  it('is nothing for one module, and less where functions are shared', () => {
    expect(uniqueSaturation({ imports: 40, importsOfModule: 40, importers: 1 }).ofImports).toBe(0);
    const parts = [1, 2, 3].map(
      (importers) => uniqueSaturation({ imports: 1000, importsOfModule: 40, importers }).ofImports,
    );
    expect(parts).toEqual([...parts].sort((a, b) => b - a));
  });
});

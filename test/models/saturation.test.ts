import { describe, expect, it } from 'vitest';
import { saturationByDepth } from '../../src/models/dependency-tree.ts';
import { entriesOf, tableCount, tableWithRoom } from '../../src/models/dispatcher-tables.ts';
import { saturationCurve, sharedEntries, simulateSaturation } from '../../src/models/saturation.ts';
import { chooseEntries } from '../../src/systems/hash-dispatcher/choose-entries.ts';
import { entryOffset } from '../../src/systems/hash-dispatcher/tables.ts';
import { createRandom } from '../../src/util/random.ts';

describe('the tables', () => {
  it('are those of the seed', () => {
    expect(entriesOf(0)).toBe(512);
    expect(entriesOf(tableCount - 1)).toBe(262_144);
    expect(tableWithRoom(256)).toBe(0);
    expect(tableWithRoom(257)).toBe(1);
  });
});

/** As the system chooses entries for modules that know nothing of each other. */
function chosenShare(modules: number, imports: number): number {
  const importers = Array.from({ length: modules }, (_, module) => ({
    symbols: Array.from({ length: imports }, (_each, index) => `m${String(module)}_f${String(index)}`),
    needed: [],
  }));
  const offsets = chooseEntries(importers).flatMap(({ entries }) => [...entries.values()].map(entryOffset));
  const users = new Map<number, number>();
  for (const offset of offsets) users.set(offset, (users.get(offset) ?? 0) + 1);
  return offsets.filter((offset) => (users.get(offset) ?? 0) > 1).length / offsets.length;
}

describe('sharedEntries', () => {
  it.each([
    [2, 100],
    [20, 30],
    [40, 200],
    [5, 2000],
  ])('agrees with dice, and with the system itself: %i modules of %i imports', (modules, imports) => {
    const all = Array.from({ length: modules }, () => ({ imports }));
    const random = createRandom(11);
    const rounds = Array.from({ length: 40 }, () => simulateSaturation(all, random));
    const expected = sharedEntries(all);
    expect(Math.abs(rounds.reduce((sum, each) => sum + each) / rounds.length - expected)).toBeLessThan(0.02);
    expect(Math.abs(chosenShare(modules, imports) - expected)).toBeLessThan(0.08);
  });

  it('is nothing for one module, whatever it imports', () => {
    expect(sharedEntries([{ imports: 100_000 }])).toBe(0);
    expect(sharedEntries([])).toBe(0);
  });
});

describe('saturationCurve', () => {
  it('shows that growing tables serve direct imports, and not indirect ones', () => {
    const curve = saturationCurve({ imports: [40, 400, 4000, 40_000], importsOfModule: 40 });
    for (const { direct } of curve) expect(direct).toBe(0);
    const indirect = curve.map((point) => point.indirect);
    expect(indirect).toEqual([...indirect].sort((a, b) => a - b));
    expect(indirect.at(-1)).toBeGreaterThan(0.99);
    expect(curve.at(-1)!.oneTable).toBeLessThan(0.5);
  });
});

describe('saturationByDepth', () => {
  it.each([
    ['chain', [1, 2, 4]],
    ['star', [1, 4, 10]],
    ['tree', [1, 4, 40]],
  ] as const)('counts the modules of a %s', (shape, counts) => {
    const rows = saturationByDepth({ shape, fanOut: 3, importsOfModule: 20 }, [0, 1, 3]);
    expect(rows.map(({ modules }) => modules)).toEqual(counts);
    expect(rows.map(({ indirectImports }) => indirectImports)).toEqual(counts.map((each) => 20 * (each - 1)));
  });

  it('grows with the depth', () => {
    const rows = saturationByDepth({ shape: 'tree', fanOut: 2, importsOfModule: 20 }, [0, 2, 4, 6, 8]);
    const shared = rows.map((row) => row.shared);
    expect(shared).toEqual([...shared].sort((a, b) => a - b));
    expect(shared[0]).toBe(0);
    expect(shared.at(-1)).toBeGreaterThan(0.9);
  });
});

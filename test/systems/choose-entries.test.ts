/** Entries of the hash dispatcher: what holds whatever modules import, and whoever needs whom. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chosen, Importer } from '../../src/systems/hash-dispatcher/choose-entries.ts';
import { chooseEntries } from '../../src/systems/hash-dispatcher/choose-entries.ts';
import { entriesOf, tableCount } from '../../src/models/dispatcher-tables.ts';
import { entryOffset } from '../../src/systems/hash-dispatcher/tables.ts';
import { Refusal } from '../../src/util/errors.ts';
import { fnv1a } from './fnv.ts';

const count = 6;
const symbols = fc.array(
  fc.nat({ max: 700 }).map((number) => `function${String(number)}`),
  { maxLength: 300 },
);
const anyNeeded = fc.array(fc.nat({ max: count - 1 }), { maxLength: 3 });
const importers: fc.Arbitrary<Importer[]> = fc.array(fc.record({ symbols, needed: anyNeeded }), {
  minLength: count,
  maxLength: count,
});
/** As programs usually are: nobody needs one that needs it. */
const acyclic = importers.map((all) =>
  all.map((each, index) => ({ ...each, needed: each.needed.filter((other) => other > index) })),
);
const settings = { numRuns: 50 };

const offsets = ({ entries }: Chosen): number[] => [...entries.values()].map(entryOffset);

test('no two imports of a module share an entry, and each has one', () => {
  fc.assert(
    fc.property(importers, (all) => {
      chooseEntries(all).forEach((chosen, index) => {
        expect(new Set(chosen.entries.keys())).toEqual(new Set(all[index]!.symbols));
        expect(new Set(offsets(chosen)).size).toBe(chosen.entries.size);
      });
    }),
    settings,
  );
});

test('the same modules have the same entries, in whatever order their imports come', () => {
  fc.assert(
    fc.property(importers, (all) => {
      const turned = all.map((each) => ({ ...each, symbols: [...each.symbols].reverse() }));
      expect(chooseEntries(turned)).toEqual(chooseEntries(all));
    }),
    settings,
  );
});

test('entries do not depend on modules that a module does not need', () => {
  fc.assert(
    fc.property(acyclic, fc.nat({ max: count - 1 }), symbols, (all, chosen, other) => {
      const needed = new Set([chosen]);
      for (const each of needed) for (const next of all[each]!.needed) needed.add(next);
      const changed = all.map((each, index) => (needed.has(index) ? each : { symbols: other, needed: [] }));
      expect(chooseEntries(changed)[chosen]).toEqual(chooseEntries(all)[chosen]);
    }),
    settings,
  );
});

test('what known dependencies use for another function is avoided, while tables are roomy', () => {
  fc.assert(
    fc.property(acyclic, (all) => {
      const chosen = chooseEntries(all);
      const used = new Map<number, string>();
      // The first one with all that it needs, itself.
      for (const index of all[0]!.needed)
        for (const [symbol, entry] of chosen[index]!.entries) used.set(entryOffset(entry), symbol);
      for (const [symbol, entry] of chosen[0]!.entries)
        expect(used.get(entryOffset(entry)) ?? symbol).toBe(symbol);
    }),
    settings,
  );
});

describe('tables', () => {
  const importing = (many: number): Importer => ({
    symbols: Array.from({ length: many }, (_, index) => `f${String(index)}`),
    needed: [],
  });
  const tableOf = (...all: Importer[]): number => {
    const [first] = chooseEntries(all);
    const tables = new Set([...first!.entries.values()].map(({ table }) => table));
    expect(tables.size).toBe(1);
    return [...tables][0]!;
  };

  test('a module without rivals has the hash of its names, in the first table', () => {
    const [chosen] = chooseEntries([{ symbols: ['malloc@GLIBC_2.2.5'], needed: [] }]);
    const index = fnv1a('malloc@GLIBC_2.2.5') % 512;
    expect(chosen).toEqual({
      entries: new Map([['malloc@GLIBC_2.2.5', { table: 0, index }]]),
      again: { inModule: 0, forDependencies: 0 },
    });
  });

  test('are of 1, 2, 4, … pages; the smallest one that is at most half full', () => {
    expect(Array.from({ length: tableCount }, (_, table) => (entriesOf(table) * 8) / 4096)).toEqual([
      1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
    ]);
    expect([1, 256, 257, 512, 513, 1024, 1025].map((many) => tableOf(importing(many)))).toEqual([
      0, 0, 1, 1, 2, 2, 3,
    ]);
  });

  test('known imports of dependencies count', () => {
    const needing = (needed: number[]): Importer => ({ symbols: ['own'], needed });
    expect(tableOf(needing([]), importing(256))).toBe(0);
    expect(tableOf(needing([1]), importing(256))).toBe(1);
  });

  test('more than half of the largest one is refused', () => {
    expect(tableOf(importing(131_072))).toBe(9);
    expect(() => chooseEntries([importing(131_073)])).toThrow(Refusal);
  });
});

/** docs/claims.md has exact figures: they are read from it and computed again. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { layoutCost } from '../../src/models/aslr.ts';
import {
  blockCollisionProbability,
  collisionProbability,
  librariesAtProbability,
} from '../../src/models/collision.ts';
import { saturationByDepth } from '../../src/models/dependency-tree.ts';
import { entriesOf, tableCount } from '../../src/models/dispatcher-tables.ts';
import { sharedByUnrelated } from '../../src/models/known-dependencies.ts';
import { collidingPairs, pairsOf, readNames, sampleCollisions } from '../../src/models/named-collisions.ts';
import { sharedEntries } from '../../src/models/saturation.ts';
import { hashName } from '../../src/ranges/hash-name.ts';
import { variantOf } from '../../src/systems/build-variant.ts';
import { literalLookUpFormat } from '../../src/systems/hash-address/formats.ts';
import { saltedEntry } from '../../src/systems/hash-dispatcher/choose-entries.ts';
import { hashDispatcher } from '../../src/systems/hash-dispatcher/hash-dispatcher-system.ts';
import { uniqueSaturation } from '../../src/models/unique-imports.ts';
import { standingOf } from '../../src/models/wilson.ts';
import { createRandom } from '../../src/util/random.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/claims.md', root), 'utf8');
const realNames = readNames(readFileSync(new URL('models/data/library-names.txt', root), 'utf8'));
const percent = (part: number): string => (100 * part).toFixed(1);
const deviation = (found: number, mean: number): string => ((found - mean) / Math.sqrt(mean)).toFixed(1);
const numberOf = (text: string | undefined): number => Number(text?.replaceAll(',', ''));

describe('collisions', () => {
  const rows = [...page.matchAll(/(\d+) bits: (\d+) % from (\d+) libraries on; (\d+) give ([\d.]+) %/g)].map(
    (row) => row.slice(1).map(Number) as [number, number, number, number, number],
  );

  test('has the four', () => expect(rows).toHaveLength(4));

  test.each(rows)('%i bits, %i %%', (bits, percent, first, fewer, given) => {
    expect(librariesAtProbability(bits, percent / 100)).toBe(first);
    const digits = String(given).split('.')[1]?.length ?? 0;
    expect((100 * collisionProbability(bits, fewer)).toFixed(digits)).toBe(given.toFixed(digits));
    expect(given).toBeLessThan(percent);
  });

  test('programs of real names: measured again, and what the interval says', () => {
    const row = /(\d+) bits: [^|]*\| (\d+) libraries: ([\d.]+) % \\\[([\d.]+)–([\d.]+) %\\\] +\| (.*?) +\|/g;
    const rows = [...page.matchAll(row)];
    expect(rows).toHaveLength(4);
    for (const [, bits, libraries, ...rest] of rows) {
      const [probability, low, high, verdict] = rest;
      const places = realNames.map((name) => hashName(name, 2 ** Number(bits)));
      const random = createRandom(1);
      const found = sampleCollisions({ places, libraries: Number(libraries), trials: 10_000, random });
      expect([found.probability, found.low, found.high].map(percent)).toEqual([probability, low, high]);
      const exact = collisionProbability(Number(bits), Number(libraries));
      const standing = standingOf(exact, found);
      const [verb, as] = standing === 'as often' ? ['holds', 'as'] : ['excludes', 'than'];
      expect(verdict).toContain(`the interval ${verb} ${percent(exact)} %: `);
      expect(verdict?.endsWith(`${standing} ${as} dice`)).toBe(true);
    }
  });

  test('libraries of several blocks', () => {
    const row =
      /16 bits: (\d+) libraries: ([\d.]+) % +\| \1 libraries of (\d+) blocks: ([\d.]+) % +\| ([\d.]+) % to ([\d.]+) % +\|/g;
    const rows = [...page.matchAll(row)];
    expect(rows).toHaveLength(2);
    for (const [, libraries, oneBlock, blocks, exact, low, high] of rows) {
      const count = Number(libraries);
      expect(percent(collisionProbability(16, count))).toBe(oneBlock);
      // The formula has the sum of all sizes only.
      const sizes = [...Array<number>(count - 1).fill(1), Number(blocks) - count + 1];
      expect(percent(blockCollisionProbability(16, sizes))).toBe(exact);
      expect(Number(low)).toBeLessThan(Number(exact));
      expect(Number(high)).toBeGreaterThan(Number(exact));
    }
    const [, modules, all, withExecutable] =
      /with it curl has (\d+) modules of (\d+) blocks, ([\d.]+) %/.exec(page) ?? [];
    const sizes = [...Array<number>(Number(modules) - 1).fill(1), Number(all) - Number(modules) + 1];
    expect(percent(blockCollisionProbability(16, sizes))).toBe(withExecutable);
  });

  test('real names', () => {
    const names = realNames;
    expect(page).toContain(`All ${names.length.toLocaleString('en')} names`);
    const [, ...pairs] =
      /have (\d+) colliding pairs in 16 bits \(([\d.]+) expected\) and (\d+) in 19 bits \(([\d.]+)/.exec(
        page,
      ) ?? [];
    const measured = [16, 19].flatMap((bits) => [
      collidingPairs(names.map((name) => hashName(name, 2 ** bits))),
      Number((pairsOf(names.length) / 2 ** bits).toFixed(1)),
    ]);
    expect(pairs.map(Number)).toEqual(measured);
    const [, ...deviations] = /that is ([\d.]+) and ([\d.]+) standard deviations/.exec(page) ?? [];
    // The number of pairs is nearly that of Poisson.
    const [pairs16 = 0, mean16 = 0, pairs19 = 0, mean19 = 0] = measured;
    expect(deviations).toEqual([deviation(pairs16, mean16), deviation(pairs19, mean19)]);
  });

  test('bits of the second form', () => {
    const [, ...bits] = /(\d+) \+ (\d+) \+ (\d+) bits are 32; the look-up/.exec(page) ?? [];
    expect(bits.map(Number)).toEqual(literalLookUpFormat.fields.map((field) => field.bits));
  });
});

describe('the dispatcher', () => {
  test('entries', () => {
    expect(numberOf(/(\d+) entries in a page/.exec(page)?.[1])).toBe(entriesOf(0));
    expect(numberOf(/(\d+) entries in the largest/.exec(page)?.[1])).toBe(entriesOf(tableCount - 1));
  });

  test('the loophole', () => {
    const [, called, entry, entries, read, guesses, bits] =
      /(\d+) guess to call `puts`, entry (\d+) of (\d+) in the first table; (\d+) to read where it is; (\d+) to guess it \((\d+) bits\)/.exec(
        page,
      ) ?? [];
    expect(Number(entry)).toBe(saltedEntry('puts@GLIBC_2.2.5', 0, 0).index);
    expect(Number(entries)).toBe(entriesOf(0));
    const { randomness, constants } = variantOf(hashDispatcher, 'constant');
    expect(randomness.map((each) => each.bits)).toEqual([Number(bits), Number(bits)]);
    const cost = layoutCost({
      ...{ bits: Number(bits), drawn: 'store', processes: 1, relocatedKb: 0 },
      ...{ isCalled: constants?.called !== undefined, isRead: constants?.read !== undefined },
    });
    expect([called, read, guesses].map(Number)).toEqual([cost.toCall, cost.toRead, Math.round(cost.guesses)]);
  });

  test('direct and indirect imports', () => {
    const [, direct, none] = /(\d+) imports of one module: (\d+) %/.exec(page) ?? [];
    expect(100 * sharedEntries([{ imports: Number(direct) }])).toBe(Number(none));
    const [, some, each, part, more, all] =
      /(\d+) imports of modules with (\d+) each: ([\d.]+) % .*?; (\d+) imports: (\d+) %/.exec(page) ?? [];
    const share = (imports: string | undefined): number =>
      100 *
      sharedEntries(
        Array.from({ length: Number(imports) / Number(each) }, () => ({ imports: Number(each) })),
      );
    expect(share(some).toFixed(1)).toBe(part);
    expect(share(more).toFixed(0)).toBe(all);
    const [, importers, unique] = /of (\d+) modules each function: ([\d.]+) %/.exec(page) ?? [];
    const program = { imports: Number(some), importsOfModule: Number(each), importers: Number(importers) };
    expect(percent(uniqueSaturation(program).ofImports)).toBe(unique);
    const [, fanOut, depth, unknown, known] =
      /a tree of (\d+), depth (\d+): ([\d.]+) %, and ([\d.]+) % where/.exec(page) ?? [];
    const tree = { shape: 'tree', fanOut: Number(fanOut), importsOfModule: Number(each) } as const;
    expect(saturationByDepth(tree, [Number(depth)]).map(({ shared }) => percent(shared))).toEqual([unknown]);
    expect(percent(sharedByUnrelated(tree, Number(depth)))).toBe(known);
  });
});

/**
 * What each system costs in mappings and private pages, as the seed counts them: processes of 100 modules without writable
 * data, each of which imports from the next one, at their exit, by smaps.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPlan } from '../../src/image/verify-image.ts';
import type { SyntheticSet } from '../../src/synthetic/build-set.ts';
import { variantOf } from '../../src/systems/build-variant.ts';
import { image } from '../../src/systems/image/image-system.ts';
import { moduleRows } from '../image/module-rows.ts';
import { runProgram } from '../run-program.ts';
import { Binder, syntheticSet } from './bound-set.ts';
import { compile } from './compile.ts';
import { fnv1a } from './fnv.ts';
import type { Smap } from './smaps.ts';
import { atExit, readSmaps } from './smaps.ts';

const binder = new Binder();
const sets = new Map<number, SyntheticSet>();
beforeAll(async () => {
  for (const modules of [10, 100]) sets.set(modules, await syntheticSet({ modules, shape: 'chain' }));
});
afterAll(() => {
  binder.remove();
});

const modules = 100;
/** The last one imports nothing. */
const importing = modules - 1;

async function mappingsOf(form: string, count = modules): Promise<Smap[]> {
  return atExit(await binder.bind(sets.get(count)!.executable, form), readSmaps);
}

/** Mappings of the files of the set's libraries. */
const ofLibraries = (maps: readonly Smap[]): Smap[] => maps.filter(({ name }) => /\/libm\d+\.so-/.test(name));
const ofImage = (maps: readonly Smap[]): Smap[] => maps.filter(({ name }) => name.endsWith('.image'));
const dirty = (maps: readonly Smap[]): number =>
  maps.reduce((sum, { privateDirty }) => sum + privateDirty, 0);

/** What ends where a library's mapping begins, and is none of its file. */
function besideLibraries(maps: readonly Smap[]): Smap[] {
  const starts = new Set(ofLibraries(maps).map(({ start }) => start));
  const own = new Set(ofLibraries(maps));
  return maps.filter((each) => starts.has(each.end) && !own.has(each));
}

/** One mapping for each library, which is all that there is of it. */
function expectOneEach(maps: readonly Smap[]): void {
  const own = ofLibraries(maps);
  expect(own).toHaveLength(modules);
  expect(new Set(own.map(({ name }) => name)).size).toBe(modules);
  expect(own.filter(({ rights }) => rights !== 'r-xp')).toEqual([]);
  expect(besideLibraries(maps)).toEqual([]);
  expect(dirty(own)).toBe(0);
}

describe('offset-table', () => {
  test.each(['mask', 'window', 'segment', 'global', 'literal'])(
    '%s: one mapping for each library, none of its pages private, and at most 2 of the region',
    async (variant) => {
      const maps = await mappingsOf(`offset-table:${variant}`);
      expectOneEach(maps);
      const region = ofImage(maps).filter(({ rights }) => rights === 'r--p');
      expect(region).toHaveLength(variant === 'window' ? 2 : 1);
      expect(dirty(region)).toBeLessThanOrEqual(2);
    },
  );
});

test.each(['jump', 'count'])('dispatcher:%s: one mapping for each library', async (variant) => {
  expectOneEach(await mappingsOf(`dispatcher:${variant}`));
});

describe('import-page', () => {
  test('start-up: a private page for each module that imports', async () => {
    const maps = await mappingsOf('import-page:start-up');
    expect(dirty(ofLibraries(maps))).toBe(0);
    const pages = besideLibraries(maps);
    expect(pages).toHaveLength(importing);
    for (const page of pages) expect(page).toMatchObject({ name: '', rights: 'r-xp', privateDirty: 1 });
  });

  test('cache: a mapping for each module that imports, of the program’s image, and no private page', async () => {
    const maps = await mappingsOf('import-page:cache');
    const pages = besideLibraries(maps);
    expect(pages).toHaveLength(importing);
    for (const page of pages) expect(page).toMatchObject({ rights: 'r-xp', privateDirty: 0 });
    expect(pages.every(({ name }) => name.endsWith('.image'))).toBe(true);
    expect(ofLibraries(maps)).toHaveLength(modules);
  });

  test.each(['end', 'shared'])('%s: neither a mapping nor a private page', async (variant) => {
    expectOneEach(await mappingsOf(`import-page:${variant}`));
  });
});

test.each(['image:direct', 'image:partitions'])(
  '%s: as many mappings for 100 modules as for 10',
  async (form) => {
    const [few, many] = [await mappingsOf(form, 10), await mappingsOf(form, 100)];
    const rows = (maps: readonly Smap[]): string[] => maps.map(({ rights }) => rights);
    expect(rows(many)).toEqual(rows(few));
  },
);

describe('image without protections, which no variant offers', () => {
  const { arrangement, randomness, seenBy } = variantOf(image, 'merged');
  const open = { ...arrangement!, protections: 'none' as const };
  const variant = { id: 'open', summary: '', randomness, seenBy, arrangement: open };
  const system = { ...image, variants: [variant] };

  test('all modules are one mapping, with their writable data', async () => {
    const { executable, checksum } = await syntheticSet({ modules: 20, shape: 'chain', writableData: true });
    const bound = await binder.bindChoice(executable, { system, variant: variant.id });
    const { stdout } = await runProgram(bound.file, [], { env: { LINKONCE_DEBUG: '1' } });
    expect(stdout).toBe(`${checksum}\n`);
    const rows = moduleRows(readPlan(`${bound.file}.image`));
    const maps = await atExit(bound, readSmaps);
    const within = maps.filter(({ start, end }) =>
      rows.some(({ address = 0n, length = 0n }) => start < Number(address + length) && end > Number(address)),
    );
    expect(rows.length).toBeGreaterThan(20);
    expect(within.map(({ rights }) => rights)).toEqual(['rwxp']);
  });
});

describe('constants beside code, as the seed wants them, in one shared page', () => {
  const source = 'const char table[5000] = {1}; int first(int x) { return x + table[0]; }';

  /** Mappings of the library that cannot be written, and their pages. */
  async function readOnlyOf(how: string): Promise<{ rights: string[]; pages: number }> {
    const folder = path.join(binder.folder, how);
    const flags = ['-nostdlib', `-Wl,-z,${how}`];
    const library = compile(folder, { name: 'libbeside.so', flags, source });
    const main = `#include <stdio.h>
      int first(int);
      int main(void) { printf("%d\\n", first(2)); return 0; }`;
    const bound = await binder.bind(
      compile(folder, { name: 'beside', uses: [library], source: main }),
      'image:data',
    );
    expect((await runProgram(bound.file, [], { env: { LINKONCE_DEBUG: '1' } })).stdout).toBe('3\n');
    const maps = await atExit(bound, readSmaps);
    const own = maps.filter(({ name, rights }) => name === library && rights[1] === '-');
    return {
      rights: own.map(({ rights }) => rights),
      pages: own.reduce((sum, { start, end }) => sum + (end - start) / 4096, 0),
    };
  }

  test('is the linker’s to do: one range of 2 pages in place of three of 4', async () => {
    expect(await readOnlyOf('separate-code')).toEqual({ rights: ['r--p', 'r-xp', 'r--p'], pages: 4 });
    expect(await readOnlyOf('noseparate-code')).toEqual({ rights: ['r-xp'], pages: 2 });
  });
});

describe('hash-address', () => {
  test.each(['global', 'literal'])('%s: one mapping for each library', async (variant) => {
    const maps = await mappingsOf(`hash-address:${variant}`);
    expect(ofLibraries(maps)).toHaveLength(modules);
    expect(dirty(ofLibraries(maps))).toBe(0);
  });

  test('look-up: one more mapping for each library that is called, where its name says', async () => {
    const maps = await mappingsOf('hash-address:look-up');
    expectOneEach(maps);
    for (let index = 0; index < modules; index++) {
      const page = 0x3000_0000_0000 + fnv1a(`libm${String(index)}.so`) * 0x1000;
      const found = maps.filter(({ start, end }) => start <= page && page < end);
      expect(found).toMatchObject([{ rights: 'r--p', privateDirty: 0 }]);
      expect(found[0]!.name).toMatch(/\.image$/);
    }
    const tables = ofImage(maps).filter(({ rights }) => rights === 'r--p');
    // libc is called by the executable, and the dynamic linker by libc.
    expect(tables).toHaveLength(modules + 2);
  });
});

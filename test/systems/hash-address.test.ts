/** Addresses that names give: the seed's formula, computed here; and what happens where two names give one address. */
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openProgram } from '../../src/pipeline.ts';
import { LinkonceError, Refusal } from '../../src/util/errors.ts';
import { hex } from '../../src/util/units.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { Binder, choiceOf } from './bound-set.ts';
import { compile } from './compile.ts';
import { fnv1a } from './fnv.ts';
import type { Smap } from './smaps.ts';
import { atExit, readSmaps } from './smaps.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});
const debugging = { ...environment, LINKONCE_DEBUG: '1' };

const blockSize = 0x8000;
const pageSize = 0x1000;
/** By form: where a library, or its look-up page, is. The kernel has the lowest 16 pages. */
const addressOf: Readonly<Record<string, (name: string) => number>> = {
  global: (name) => 2 ** 44 + (fnv1a(name) % 2 ** 29) * blockSize,
  literal: (name) => (fnv1a(name) % 2 ** 16) * blockSize,
  'look-up': (name) => 3 * 2 ** 44 + fnv1a(name) * pageSize,
  'look-up-literal': (name) => (16 + (fnv1a(name) % (2 ** 19 - 16))) * pageSize,
};
const variants = Object.keys(addressOf);

/** A program that prints the sum of what its libraries answer: 1, 2, … `bytes`: of constants in the first one. */
function compileSum(folder: string, names: readonly string[], bytes = 0): string {
  const libraries = names.map((name, index) =>
    compile(folder, {
      name,
      source: `
        const char padding${index}[${index === 0 ? bytes + 1 : 1}] = {1};
        int answer${index}(void) { return ${index + 1}; }`,
    }),
  );
  const all = names.map((_, index) => `answer${index}()`);
  return compile(folder, {
    name: 'main',
    uses: libraries,
    source: `
      #include <stdio.h>
      int ${all.join(', ')};
      int main(void) { printf("%d\\n", ${all.join(' + ')}); return 0; }`,
  });
}

/** The first `libN.so` whose address fits. */
function findName(fits: (name: string) => boolean): string {
  for (let index = 0; ; index++) {
    const name = `lib${String(index)}.so`;
    if (fits(name)) return name;
  }
}

async function mapsOf(program: string, form: string): Promise<Smap[]> {
  const image = await binder.bind(program, form);
  expect(await runProgram(image.file, [], { env: debugging })).toMatchObject({ stderr: '', status: 0 });
  return atExit(image, readSmaps);
}

const startsAt = (maps: readonly Smap[], address: number): Smap | undefined =>
  maps.find(({ start }) => start === address);

describe.each(variants)('%s', (variant) => {
  const form = `hash-address:${variant}`;
  const folder = path.join(binder.folder, variant);
  const placeOf = addressOf[variant]!;
  const isModule = variant === 'global' || variant === 'literal';
  const names = ['libone.so', 'libtwo.so'];

  test('a name gives the address, in every bind', async () => {
    const program = compileSum(path.join(folder, 'pure'), names);
    for (const maps of [await mapsOf(program, form), await mapsOf(program, form)])
      for (const name of names) {
        const found = startsAt(maps, placeOf(name));
        expect(found, `${name} at ${hex(placeOf(name))}`).toBeDefined();
        expect(path.basename(found!.name).startsWith(isModule ? `${name}-` : 'main.image')).toBe(true);
      }
  });
});

/** In the seed's own formats, where a name with the same hash is found at once. */
describe.each(['literal', 'look-up-literal'])('%s', (variant) => {
  const form = `hash-address:${variant}`;
  const folder = path.join(binder.folder, 'collision', variant);
  const placeOf = addressOf[variant]!;

  test('two names with one address: an error that names both, and no other program suffers', async () => {
    const own = path.join(folder, 'colliding');
    const second = findName((name) => placeOf(name) === placeOf('libone.so'));
    const program = compileSum(own, ['libone.so', second]);
    const other = compileSum(path.join(folder, 'other'), ['libone.so', 'libtwo.so']);
    const place = hex(placeOf('libone.so'));
    const { system } = choiceOf(form);
    const subjects = [program, other].map((file) => openProgram(file, () => undefined));
    const outputs = ['colliding', 'other'].map((name) => path.join(folder, name, 'bound'));
    const [failed, built] = await buildVariant(variantOf(system, variant), subjects, {
      ...{ outputs, folder: path.join(folder, 'files'), asInterpreter: false },
    });
    if (!failed || !('failure' in failed) || !built || !('value' in built))
      throw new Error('not as expected');
    const { failure } = failed;
    expect(failure).toBeInstanceOf(LinkonceError);
    expect(failure).not.toBeInstanceOf(Refusal);
    expect(failure.message).toMatch(new RegExp(` wants ${place}-0x[0-9a-f]+, where .* is$`));
    for (const name of ['libone.so', second]) expect(failure.message).toContain(path.join(own, name));
    expect(await runProgram(built.value.file, [], { env: debugging })).toMatchObject({ stdout: '3\n' });
  });
});

describe('a library of several blocks', () => {
  const form = 'hash-address:literal';
  const folder = path.join(binder.folder, 'long');
  const placeOf = addressOf.literal!;
  const blocks = 10;

  test('lies over the following ones', async () => {
    const program = compileSum(path.join(folder, 'alone'), ['liblong.so'], blocks * blockSize);
    const maps = await mapsOf(program, form);
    const long = startsAt(maps, placeOf('liblong.so'))!;
    expect(long.end - long.start).toBeGreaterThan(blocks * blockSize);
  });

  test('collides with one that wants such a block', async () => {
    const wanted = placeOf('liblong.so') + (blocks - 1) * blockSize;
    const second = findName((name) => placeOf(name) === wanted);
    const program = compileSum(path.join(folder, 'two'), ['liblong.so', second], blocks * blockSize);
    await expect(binder.bind(program, form)).rejects.toThrow(`${second} wants ${hex(wanted)}-`);
    await expect(binder.bind(program, form)).rejects.toThrow(/, where \/\S+\/liblong\.so is$/);
  });
});

test.each([
  ['global', 2 ** 44],
  ['literal', 0x40_0000],
])('%s: every executable is at one address', async (variant, address) => {
  for (const name of ['libone.so', 'libtwo.so']) {
    const program = compileSum(path.join(binder.folder, 'executables', variant, name), [name]);
    const maps = await mapsOf(program, `hash-address:${variant}`);
    expect(path.basename(startsAt(maps, address)!.name)).toMatch(/^main-/);
  }
});

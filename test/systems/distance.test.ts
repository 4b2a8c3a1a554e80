/**
 * More than 2 GiB of modules where a displacement has 32 bits: libraries with code at their beginning and 768 MiB behind, and nothing
 * between. Of several programs together they are too much for one window of 31 bits, and of one program, too.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';
import { valueOf } from '../../src/util/outcome.ts';
import { testSubject } from '../bind/subjects.ts';
import { moduleRows } from '../image/module-rows.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { placeAt, expectSound, fromStore, well } from '../store/place.ts';
import { Binder, choiceOf } from './bound-set.ts';
import { compile } from './compile.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});

const far = 0x3000_0000;
const reach = 2 ** 31;
const folder = (): string => path.join(binder.folder, 'programs');
const names = ['a', 'b', 'c'];

/** Near code calls far code of the library, and both call libc. */
function sparse(name: string, number: number): string {
  return compile(folder(), {
    name: `libsparse_${name}.so`,
    flags: [`-Wl,--section-start=.far=${far.toString(16)}`, '-Wl,-z,now'],
    source: `
      #include <stdlib.h>
      #include <string.h>
      __attribute__((section(".far"), noinline)) long far_${name}(const char *text) {
        return strtol(text, 0, 10) + ${number};
      }
      long near_${name}(const char *text) { return far_${name}(text) * 10 + strlen(text); }`,
  });
}

function user(name: string, uses: readonly string[]): string {
  const letters = uses.map((file) => path.basename(file, '.so').at(-1)!);
  return compile(folder(), {
    name,
    uses,
    flags: ['-Wl,-z,now'],
    source: `
      #include <stdio.h>
      ${letters.map((letter) => `long near_${letter}(const char *), far_${letter}(const char *);`).join('\n')}
      int main(void) {
        ${letters.map((letter) => `printf("%ld %ld\\n", near_${letter}("70"), far_${letter}("500"));`).join('\n')}
        return 0;
      }`,
  });
}

const saidOf = (number: number): string => `${(70 + number) * 10 + 2} ${500 + number}\n`;

let programs: readonly string[];
let all: string;
let pair: string;
beforeAll(() => {
  const libraries = names.map((name, index) => sparse(name, index + 1));
  programs = libraries.map((library, index) => user(`user_${names[index]!}`, [library]));
  all = user('user_of_all', libraries);
  pair = user('user_of_two', libraries.slice(0, 2));
});

interface Range {
  readonly start: number;
  readonly end: number;
}

/** By the last part of its path. */
function rangesOf(image: string): ReadonlyMap<string, Range> {
  const plan = readPlan(image);
  return new Map(
    moduleRows(plan).map((row) => {
      const [start, length] = [Number(row.address), Number(row.length)];
      return [path.basename(plan.text(row.path ?? 0n)), { start, end: start + length }];
    }),
  );
}

const extent = (ranges: Iterable<Range>): number => {
  const list = [...ranges];
  return Math.max(...list.map(({ end }) => end)) - Math.min(...list.map(({ start }) => start));
};
const overlap = (a: Range, b: Range): boolean => a.start < b.end && b.start < a.end;

async function build(form: string, files: readonly string[], window?: number): Promise<Image[]> {
  const { system, variant } = choiceOf(form);
  const place = path.join(binder.folder, `${form}-${String(files.length)}`);
  mkdirSync(place);
  const outputs = files.map((file) => path.join(place, path.basename(file)));
  const request = { outputs, folder: path.join(place, 'files'), asInterpreter: false, window };
  const subjects = files.map((file) => testSubject(file));
  return (await buildVariant(variantOf(system, variant), subjects, request)).map(valueOf);
}

async function expectRuns(file: string, stdout: string): Promise<void> {
  const own = await runProgram(file, [], { env: { ...environment, LINKONCE_DEBUG: '1' } });
  expect(own).toEqual({ stdout, stderr: '', status: 0, signal: null });
}

describe.each(['image:partitions', 'image:direct'])('%s', (form) => {
  test('three programs with 2.3 GiB in a window of 2 GiB: each has its modules within reach', async () => {
    const images = await build(form, programs, 31);
    const ranges = images.map(({ file }) => rangesOf(`${file}.image`));
    for (const [index, { file }] of images.entries()) {
      await expectRuns(file, saidOf(index + 1));
      expect(extent(ranges[index]!.values())).toBeLessThan(reach);
    }
    const own = ranges.map((each, index) => each.get(`libsparse_${names[index]!}.so`)!);
    // Two fit beside each other, and the third has addresses of another; what all use is once.
    expect(overlap(own[0]!, own[1]!) || overlap(own[1]!, own[2]!) || overlap(own[0]!, own[2]!)).toBe(true);
    const libc = ranges.map((each) => each.get('libc.so.6')!.start);
    expect(new Set(libc).size).toBe(1);
  });

  test('one program with 2.3 GiB has no room in a window of 2 GiB, and is refused', async () => {
    await expect(build(form, [all], 31)).rejects.toThrow(/finds no range in a window of 31 bits/);
  });
});

test('image:direct: of one program with 2.3 GiB, what fits lies within reach, and all is right', async () => {
  const [image] = await build('image:direct', [all, ...programs]);
  await expectRuns(image!.file, saidOf(1) + saidOf(2) + saidOf(3));
  const ranges = rangesOf(`${image!.file}.image`);
  expect(extent(ranges.values())).toBeGreaterThan(reach);
  const sparseOnes = names.map((name) => ranges.get(`libsparse_${name}.so`)!);
  const last = sparseOnes.reduce((a, b) => (a.start > b.start ? a : b));
  // The one that does not fit stands behind all others, and its near code within reach of them.
  expect(extent([...ranges.values()].filter((each) => each !== last))).toBeLessThan(reach);
  expect(
    extent([...ranges.values()].map((each) => (each === last ? { ...each, end: each.start } : each))),
  ).toBeLessThan(reach);
});

test('a store of 31 bits: programs come one after the other; one that uses two libraries of one range is left to ld.so', async () => {
  const place = placeAt(binder.folder, path.join(binder.folder, 'store'));
  const options = ['--system', 'image:direct', '--window', '31'];
  for (const program of programs) await well(place.command('add', ...options, program));
  const runAll = async (): Promise<void> => {
    for (const [index, name] of names.entries())
      await fromStore(place.run(`user_${name}`), saidOf(index + 1));
    await expectSound(place);
  };
  await runAll();
  const three = user(
    'user_of_ac',
    [0, 2].map((index) => path.join(folder(), `libsparse_${names[index]!}.so`)),
  );
  for (const program of [pair, three]) await well(place.command('add', program));
  const listed = await well(place.command('list'));
  expect(listed).toMatch(/libsparse_. wants|wants 0x/);
  await runAll();
  await well(place.command('reslide'));
  await runAll();
  for (const [name, said] of [
    ['user_of_two', saidOf(1) + saidOf(2)],
    ['user_of_ac', saidOf(1) + saidOf(3)],
  ] as const)
    expect(await place.run(name)).toMatchObject({ stdout: said, status: 0 });
});

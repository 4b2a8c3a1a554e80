/** Every system that a store can have: programs are added, run, and verify, in a small window. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { servePlaces } from '../../src/pagein/serve-places.ts';
import { shownPlaces } from '../../src/store/folder.ts';
import { systems } from '../../src/systems/registry.ts';
import { casesOf } from '../extent.ts';
import { createPlace, expectSound, fromStore, inBin, well, type Place } from './place.ts';

const said = 'library from second\n';

let place: Place;
afterEach(() => place.remove());

const able = systems.flatMap(({ id, variants }) =>
  variants.flatMap(({ id: variant, arrangement }) =>
    arrangement ? [{ name: `${id}:${variant}`, ...arrangement }] : [],
  ),
);

test('there are several', () => {
  place = createPlace();
  expect(able.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'image:single',
      'image:partitions',
      'prelink:files',
      'install:files',
      'fixed:files',
    ]),
  );
});

async function addAll(name: string, window: string): Promise<void> {
  place = createPlace('search-path', 'search-path-no-pie', 'copy-input');
  const programs = ['search-path', 'search-path-no-pie', 'copy-input'].map(place.program);
  await well(place.command('add', '--system', name, '--window', window, ...programs));
}

for (const { name, space, addresses, places } of casesOf(able, 6))
  test(`${name}: add, run, verify, update`, async ({ skip }) => {
    if (places && !existsSync('/dev/fuse'))
      skip('there is no /dev/fuse, so that nobody can serve its places');
    // Where a path gives the address, and the folder's is random, a small window has a collision now and then.
    const window = addresses === 'by-path' ? 40 : 30;
    await addAll(name, String(window));
    const served = places && (await servePlaces({ ...shownPlaces(place.store), ...places }, () => undefined));
    try {
      await expectWorking(name, space?.(window).bits ?? window);
    } finally {
      await served?.server.stop();
    }
  });

async function expectWorking(name: string, bits: number): Promise<void> {
  for (const program of ['search-path', 'search-path-no-pie']) await fromStore(place.run(program), said);
  expect(await place.run('copy-input', { input: 'a line\n' })).toMatchObject({
    stdout: 'a line\n',
    stderr: '1 lines, end of file 1\n',
    status: 0,
  });
  await expectSound(place);
  expect(await well(place.command('list'))).toContain(`${name}, window of ${String(bits)} bits`);
  expect(await well(place.command('update'))).toMatch(/^everything is up to date/);
}

test('a window that is too small: said in one line a program, and the store stays sound', async () => {
  place = createPlace('search-path', 'copy-input');
  const programs = ['search-path', 'copy-input'].map(place.program);
  const { stderr, status } = await place.command('add', '--window', '21', ...programs);
  expect(stderr).toMatch(/^(linkonce: [^\n]+ finds no range in a window of 21 bits\n){2}$/);
  expect(status).toBe(1);
  expect(await well(place.command('list'))).toContain('0 programs');
  expect(await well(place.command('verify'))).toContain('0 programs');
});

/** A program that with its libraries needs 5 MB, of which each has less than 2. */
function compileLarge(): string {
  const compile = (source: string, ...args: readonly string[]) =>
    execFileSync('cc', ['-x', 'c', '-', '-x', 'none', ...args], { input: source });
  const libraries = ['libone', 'libtwo'].map((name) => {
    const file = place.program(`${name}.so`);
    compile(`char ${name}[1500000];`, '-shared', '-fPIC', '-o', file);
    return file;
  });
  const source = `
    #include <stdio.h>
    extern char libone[], libtwo[];
    int main(void) { return printf("%d\\n", libone[1499999] + libtwo[1499999]) != 2; }`;
  compile(source, ...libraries, '-Wl,-rpath,$ORIGIN', '-o', place.program('large'));
  return place.program('large');
}

test("modules that collide: the platform's linker runs the program, as list says", async () => {
  place = createPlace('search-path');
  const programs = [compileLarge(), place.program('search-path')];
  await well(place.command('add', '--system', 'prelink', '--window', '22', ...programs));
  const expectRuns = async (): Promise<void> => {
    await fromStore(place.run('large'), '0\n');
    await fromStore(place.run('search-path'), said);
    await expectSound(place);
  };
  await expectRuns();
  expect(await well(place.command('list'))).toMatch(/large .* through ld\.so: \S+ wants 0x/);
  expect(await well(place.command('update'))).toMatch(/^everything is up to date/);
  await well(place.command('reslide'));
  await expectRuns();
  await well(place.command('remove', 'search-path'));
  expect(inBin(place)).toEqual(['large']);
});

/** Every system that a store can have: programs are added, run, and verify, in a small window. */
import { afterEach, expect, test } from 'vitest';
import { systems } from '../../src/systems/registry.ts';
import { createPlace, expectSound, fromStore, well, type Place } from './place.ts';

const said = 'library from second\n';

let place: Place;
afterEach(() => place.remove());

const able = systems.flatMap(({ id, arrangements }) =>
  Object.entries(arrangements).map(([variant, arrangement]) => ({
    name: `${id}:${variant}`,
    ...arrangement,
  })),
);

test('there are several', () => {
  place = createPlace();
  expect(able.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['image:partitions', 'prelink:files', 'install:files', 'fixed:files']),
  );
});

async function addAll(name: string, window: string): Promise<void> {
  place = createPlace('search-path', 'search-path-no-pie', 'copy-input');
  const programs = ['search-path', 'search-path-no-pie', 'copy-input'].map(place.program);
  await well(place.command('add', '--system', name, '--window', window, ...programs));
}

test.each(able)('$name: add, run, verify, update', async ({ name }) => {
  await addAll(name, '30');
  for (const program of ['search-path', 'search-path-no-pie']) await fromStore(place.run(program), said);
  expect(await place.run('copy-input', { input: 'a line\n' })).toMatchObject({
    stdout: 'a line\n',
    stderr: '1 lines, end of file 1\n',
    status: 0,
  });
  await expectSound(place);
  expect(await well(place.command('list'))).toContain(`${name}, window of 30 bits`);
  expect(await well(place.command('update'))).toMatch(/^everything is up to date/);
});

test('a window that is too small: said in one line a program, and the store stays sound', async () => {
  place = createPlace('search-path', 'copy-input');
  const programs = ['search-path', 'copy-input'].map(place.program);
  const { stderr, status } = await place.command('add', '--window', '21', ...programs);
  expect(stderr).toMatch(/^(linkonce: [^\n]+ finds no range in a window of 21 bits\n){2}$/);
  expect(status).toBe(1);
  expect(await well(place.command('list'))).toContain('0 programs');
  expect(await well(place.command('verify'))).toContain('0 programs');
});

test("modules that collide: the platform's linker runs the program, as list says", async () => {
  place = createPlace('search-path');
  await well(place.command('add', '--system', 'prelink', '--window', '21', place.program('search-path')));
  await fromStore(place.run('search-path'), said);
  expect(await well(place.command('list'))).toMatch(/search-path .* through ld\.so: \S+ wants 0x/);
  expect(await well(place.command('verify'))).toContain('1 programs');
  expect(await well(place.command('reslide'))).toContain('1 programs');
  await fromStore(place.run('search-path'), said);
});

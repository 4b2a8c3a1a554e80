/** `linkonce store add|list|verify|remove|gc|undo|export`: what a person types, and what is there afterwards. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linkonce } from '../cli/linkonce.ts';
import { createPlace, expectSound, failure, fromStore, inBin, placeAt, well, type Place } from './place.ts';

const said = 'library from second\n';

let place: Place;
beforeEach(() => void (place = createPlace('search-path', 'bss')));
afterEach(() => place.remove());

const add = (...names: readonly string[]) =>
  place.command('add', ...names.map((name) => place.program(name)));

interface Listed {
  readonly programs: readonly { readonly name: string; readonly stale?: string }[];
  readonly disk: Readonly<Record<string, number>>;
}

async function listed(): Promise<Listed> {
  return JSON.parse(await well(place.command('list', '--json'))) as Listed;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

test('add: the programs run from the store, and list and verify know them', async () => {
  expect(await well(add('search-path', 'bss'))).toMatch(
    /^bss: \d+ modules\nsearch-path: \d+ modules\n2 programs in [\d.]+ s\n$/,
  );
  expect(inBin(place)).toEqual(['bss', 'search-path']);
  await fromStore(place.run('search-path'), said);
  expect(await well(place.command('verify'))).toMatch(
    /^2 programs, [1-9]\d+ pages read and compared: all as they must be\n$/,
  );
  const text = await well(place.command('list'));
  expect(text).toMatch(/^ {2}bss +\d+ modules +\d+ kB {2}ready$/m);
  expect(text).toMatch(/^2 programs, \d+ modules; launchers in /m);
  const { programs, disk } = await listed();
  expect(programs).toMatchObject([{ name: 'bss' }, { name: 'search-path' }]);
  expect(Math.min(...Object.values(disk))).toBeGreaterThan(0);
});

test('add: a program that is there is built again', async () => {
  await well(add('search-path', 'bss'));
  await well(add('search-path'));
  expect(inBin(place)).toEqual(['bss', 'search-path']);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('add: one program named twice is one', async () => {
  expect(await well(add('search-path', 'search-path'))).toMatch(/^1 programs in /m);
  expect(inBin(place)).toEqual(['search-path']);
});

test('add: two programs of one name are refused, in one command and in two', async () => {
  mkdirSync(place.program('other'));
  copyFileSync(place.program('bss'), place.program('other/bss'));
  expect(await failure(add('bss', 'other/bss'))).toContain('one name');
  await well(add('bss'));
  expect(await failure(add('other/bss'))).toContain(`the store has ${place.program('bss')} by this name`);
  await expectSound(place);
});

function writeScript(): void {
  writeFileSync(place.program('wrong'), '#!/bin/sh\necho script\n', { mode: 0o755 });
}

function compileStatic(): void {
  execFileSync('cc', ['-static', '-x', 'c', '-o', place.program('wrong'), '-'], {
    input: 'int main(void) { return 0; }',
  });
}

test.each([
  ['an unknown program', () => undefined, /no such program/],
  ['a script', writeScript, /script|not an ELF/i],
  ['a static program', compileStatic, /static|no interpreter|dynamic/i],
])('add: %s is refused in one line, and the others are added', async (_what, make, message) => {
  make();
  expect(await failure(add('bss', 'wrong', 'search-path'))).toMatch(message);
  expect(inBin(place)).toEqual(['bss', 'search-path']);
  await expectSound(place);
});

test('add: a name is looked up in PATH, but not among the launchers', async () => {
  const PATH = `${path.join(place.store, 'bin')}:${place.program('.')}`;
  const addByName = () =>
    linkonce(['store', 'add', '--store', place.store, 'search-path'], { env: { PATH } });
  await well(addByName());
  await well(addByName());
  await fromStore(place.run('search-path'), said);
});

test('a store that others can write is refused', async () => {
  await well(add('bss'));
  chmodSync(place.store, 0o777);
  for (const command of [add('search-path'), place.command('update'), place.command('gc')])
    expect(await failure(command)).toContain('another user could write it');
});

test('add: settings that differ from those of the store are refused', async () => {
  await well(add('bss'));
  for (const [option, value] of [
    ['--window', '33'],
    ['--slide', 'boot'],
    ['--system', 'prelink'],
    ['--gap', '9'],
  ] as const)
    expect(await failure(place.command('add', option, value, place.program('search-path')))).toContain(
      'the store has',
    );
  expect(inBin(place)).toEqual(['bss']);
});

test('add: a folder that is no store and not empty is left alone', async () => {
  mkdirSync(path.join(place.store, 'bin'), { recursive: true });
  writeFileSync(path.join(place.store, 'bin', 'mine'), 'mine');
  expect(await failure(add('bss'))).toContain('no store');
  expect(await failure(place.command('undo'))).toContain('no store');
  expect(filesBelow(place.store)).toEqual(['bin', 'bin/mine']);
});

test.each(['list', 'verify', 'update', 'gc', 'reslide', 'undo'])(
  '%s: says in one line that there is no store',
  async (command) => {
    expect(await failure(place.command(command))).toContain('there is no store');
    expect(existsSync(place.store)).toBe(false);
  },
);

test('remove: takes a program away, and leaves the others', async () => {
  await well(add('search-path', 'bss'));
  await well(place.command('remove', 'bss'));
  expect(inBin(place)).toEqual(['search-path']);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
  expect(await failure(place.command('remove', 'bss'))).toContain('bss: is not in the store');
});

test('gc: removes what nothing needs, and nothing else', async () => {
  await well(add('search-path', 'bss'));
  await well(place.command('remove', 'bss'));
  writeFileSync(path.join(place.store, 'files', 'left.over'), 'a file of a killed command');
  writeFileSync(path.join(place.store, '.mine'), "a person's file");
  expect(await well(place.command('verify'))).toContain('`store gc` removes them');
  expect(await well(place.command('gc'))).toMatch(/^[1-9]\d* files removed, \d+ kB\n$/);
  expect(await well(place.command('gc'))).toMatch(/^0 files removed/);
  expect(readdirSync(path.join(place.store, 'files')).filter((name) => /bss|left/.test(name))).toEqual([]);
  expect(existsSync(path.join(place.store, '.mine'))).toBe(true);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('undo: leaves nothing behind', async () => {
  const before = filesBelow(place.folder);
  await well(add('search-path', 'bss'));
  expect(await well(place.command('undo'))).toBe('');
  expect(filesBelow(place.folder)).toEqual(before);
});

test("undo: a person's file stays, and is named", async () => {
  await well(add('bss'));
  writeFileSync(path.join(place.store, 'notes.txt'), 'mine');
  expect(await well(place.command('undo'))).toMatch(/left alone: notes\.txt\n$/);
  expect(filesBelow(place.store)).toEqual(['notes.txt']);
});

test('export: the copy verifies and runs without the store that it is from', async () => {
  await well(add('search-path', 'bss'));
  const copy = placeAt(place.folder, path.join(place.folder, 'copy'));
  expect(await well(place.command('export', copy.store))).toMatch(/: 2 programs\n$/);
  await well(place.command('undo'));
  await fromStore(copy.run('search-path'), said);
  await expectSound(copy);
  await well(copy.command('remove', 'bss'));
  await expectSound(copy);
});

test('export: into a folder that is not empty is refused', async () => {
  await well(add('bss'));
  const target = mkdtempSync(path.join(tmpdir(), 'linkonce-export-'));
  writeFileSync(path.join(target, 'mine'), '');
  expect(await failure(place.command('export', target))).toContain('is not empty');
  expect(filesBelow(target)).toEqual(['mine']);
  rmSync(target, { recursive: true });
});

test('inspect shows the catalogue and a record', async () => {
  await well(add('search-path'));
  const catalogue = path.join(place.store, 'current', 'catalogue');
  const text = await well(linkonce(['inspect', catalogue]));
  expect(text).toMatch(/^kind: catalogue\nsystem: image\nvariant: data$/m);
  expect(text).toMatch(/^programs: 1\n {2}name search-path, invocation /m);
  expect(text).toMatch(/^ {2}path \S+liborder\.so, digest [0-9a-f]{64}$/m);
  const record = readdirSync(path.join(place.store, 'files')).find((name) => name.endsWith('.record'))!;
  const inspected = await well(linkonce(['inspect', '--json', path.join(place.store, 'files', record)]));
  const { kind, program, references, regions } = JSON.parse(inspected) as Record<string, unknown>;
  expect({ kind, program }).toEqual({ kind: 'record', program: place.program('search-path') });
  expect(Number(references)).toBeGreaterThan(100);
  expect(regions).toEqual(
    expect.arrayContaining([expect.objectContaining({ module: place.program('second/liborder.so') })]),
  );
});

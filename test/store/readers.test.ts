/**
 * Whoever can read an image knows the addresses of all processes that are started from it: a store may be closed to all but one group, or
 * to all but its owner. Everybody else's starts go through ld.so, as if linkonce were not there; and what was known is worth nothing
 * when the addresses are drawn again.
 */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { encodeCatalogue, requireCatalogue } from '../../src/store/catalogue.ts';
import { names } from '../../src/store/folder.ts';
import { workshop } from '../program/workshop.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import { debugging, expectSound, failure, placeAt, well, type Place } from './place.ts';

const shop = workshop();
const group = 4242;
/** Says where its process has its memory from, and whether the kernel lets its user look at it. */
const source = `#include <stdio.h>
  #include <string.h>
  #include <sys/prctl.h>
  static int where; int *pointer = &where;
  int main(void) {
    char line[4096]; int images = 0; FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) images += strstr(line, ".image") != 0;
    printf("%s, dumpable %d\\n", images ? "image" : "linker", prctl(PR_GET_DUMPABLE));
    return 0;
  }`;
const fromImage = { stdout: 'image, dumpable 1\n', stderr: '', status: 0 };
const throughLinker = { stdout: 'linker, dumpable 1\n', status: 0 };

let place: Place;
let rounds = 0;

beforeAll(() => {
  shop.program('first', source);
  shop.program('second', source);
  chmodSync(shop.directory, 0o755);
});
beforeEach(() => {
  const folder = path.join(shop.directory, `round-${String(rounds++)}`);
  mkdirSync(folder, { mode: 0o755 });
  place = placeAt(folder, path.join(folder, 'store'));
});
afterEach(() => {
  place.remove();
});

const programs = () => ['first', 'second'].map((name) => path.join(shop.directory, name));
const bin = (name: string) => path.join(place.store, 'bin', name);
const become = (user: number, ...groups: readonly string[]) => [
  '--reuid',
  String(user),
  '--regid',
  String(user),
  ...groups,
];
/** Somebody else who is in the group. */
const asMember = (file: string, args: readonly string[] = []): Promise<Outcome> =>
  runProgram('setpriv', [...become(65534, '--groups', String(group)), 'env', file, ...args], {
    env: debugging,
  });
const asOther = (file: string, args: readonly string[] = []): Promise<Outcome> =>
  runProgram(...asStranger(file, args), { env: debugging });
const main = path.join(process.cwd(), 'dist/src/cli/main.js');

/** What somebody can read of the store's files: their names, without what makes each a new one. */
async function readable(as: typeof asOther): Promise<string[]> {
  const { stdout } = await as('find', [`${place.store}/`, '-type', 'f', '-readable', '-printf', '%P\n']);
  const found = stdout.split('\n').map((name) => name.replace(/-[0-9a-z]{10}/g, ''));
  return [...new Set(found.filter(Boolean))].sort();
}

/** Whether a word of a file is an address in a module of the store. */
function saysAddress(file: string): boolean {
  const { holdings } = requireCatalogue(place.store);
  const bytes = readFileSync(file);
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 8));
  return words.some((word) =>
    holdings.some(({ start, size }) => word >= BigInt(start) && word < BigInt(start + size)),
  );
}

const counts = ['counts/first', 'counts/second'];
const launchers = ['files/first.launcher', 'files/second.launcher'].flatMap((name) => [
  name,
  name.replace('files', 'generations/generation/bin').replace('.launcher', ''),
]);

async function expectClosed(asReader: typeof asOther): Promise<void> {
  for (const name of ['first', 'second']) {
    expect(await asReader(bin(name))).toMatchObject(fromImage);
    const { stderr, ...other } = await asOther(bin(name));
    expect(other).toMatchObject(throughLinker);
    expect(stderr).toContain('this user may not read the image');
  }
  const list = await asOther(process.execPath, [main, 'store', 'list', '--store', place.store]);
  expect(list).toMatchObject({ stdout: '', status: 1 });
  expect(list.stderr).toMatch(/^linkonce: .*: is not for this user: the store has other readers\n$/);
}

test('a store for a group: its members run from it, all others as if it were not there', async ({ skip }) => {
  skip(whyNoStranger !== undefined, whyNoStranger);
  await well(place.command('add', '--readers', String(group), ...programs()));
  expect(await readable(asOther)).toEqual(counts);
  expect(await readable(asMember)).toEqual(expect.arrayContaining([...launchers, 'files/first.image']));
  await expectClosed(asMember);
  expect(await well(place.command('list'))).toContain('for group 4242');
  await expectSound(place);
});

test('the same by copies of the programs: what everybody may read says no address', async ({ skip }) => {
  skip(whyNoStranger !== undefined, whyNoStranger);
  await well(place.command('add', '--readers', String(group), '--as-interpreter', ...programs()));
  expect(await readable(asOther)).toEqual([...counts, ...launchers].sort());
  expect(saysAddress(bin('first'))).toBe(false);
  const [image = ''] = readdirSync(path.join(place.store, names.files)).filter((name) =>
    name.startsWith('first.image'),
  );
  expect(saysAddress(path.join(place.store, names.files, image))).toBe(true);
  await expectClosed(asMember);
});

test('every change leaves a store for its group', async ({ skip }) => {
  skip(whyNoStranger !== undefined, whyNoStranger);
  await well(place.command('add', '--readers', String(group), ...programs()));
  await well(place.command('reslide'));
  await expectClosed(asMember);
  // Another file that says the same: only what the plan says of it changes.
  for (const file of programs()) utimesSync(file, 1, 1);
  expect(await well(place.command('update'))).toContain('only their files');
  await well(place.command('add', '--env', 'MALLOC_ARENA_MAX=1', ...programs()));
  await expectClosed(asMember);
  expect(await readable(asOther)).toEqual(counts);
  expect(await failure(place.command('add', '--readers', 'everybody', ...programs()))).toContain(
    'has readers group 4242, not everybody',
  );
});

test("a user's own store is for nobody else, root's for everybody", async ({ skip }) => {
  skip(whyNoStranger !== undefined, whyNoStranger);
  chownSync(place.folder, 65534, 65534);
  const add = (...args: readonly string[]) =>
    asOther(process.execPath, [main, 'store', 'add', '--store', place.store, ...args, ...programs()]);
  expect(await add('--readers', '4242')).toMatchObject({
    stderr: 'linkonce: this user is not in group 4242, and cannot give it files\n',
    status: 1,
  });
  expect(await add()).toMatchObject({ stderr: '', status: 0 });
  expect(await asOther(bin('first'))).toMatchObject(fromImage);
  const third = (file: string, args: readonly string[] = []) =>
    runProgram('setpriv', [...become(65533, '--clear-groups'), 'env', file, ...args], { env: debugging });
  expect(await third(bin('first'))).toMatchObject(throughLinker);
  expect(await readable(third)).toEqual(counts);
  await well(asOther(process.execPath, [main, 'store', 'undo', '--store', place.store]));
  chownSync(place.folder, 0, 0);
  await well(place.command('add', ...programs()));
  expect(await asOther(bin('first'))).toMatchObject(fromImage);
});

test('readers that are no group', async () => {
  const { stderr, status } = await place.command('add', '--readers', 'no-such-group', ...programs());
  expect({ stderr, status }).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('or the name or number of a group') as string,
  });
});

/** Where a program of the store has its modules, lowest first. */
const bases = (): number[] => requireCatalogue(place.store).holdings.map(({ start }) => start);

test('drawn at boot: the first update of a boot moves every module, and all runs from the store again', async () => {
  await well(place.command('add', '--slide', 'boot', ...programs()));
  const before = bases();
  expect(await well(place.command('update'))).toContain('everything is up to date');
  expect(bases()).toEqual(before);
  const catalogue = requireCatalogue(place.store);
  const file = path.join(place.store, names.current, names.catalogue);
  writeFileSync(file, encodeCatalogue({ ...catalogue, boot: 'the boot before' }));
  await well(place.command('update'));
  const after = bases();
  expect(after).toHaveLength(before.length);
  expect(after.filter((start) => before.includes(start))).toEqual([]);
  for (const name of ['first', 'second'])
    expect(await runProgram(bin(name), [], { env: debugging })).toMatchObject(fromImage);
  await expectSound(place);
});

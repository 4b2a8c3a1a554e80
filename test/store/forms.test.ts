/** A store has several forms of a program, each for one set of the linker's variables; the launcher picks the one for its process. */
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeLauncher } from '../../src/image/launcher-file.ts';
import { asEnvironment } from '../../src/program/environment.ts';
import { requireCatalogue } from '../../src/store/catalogue.ts';
import { linkonce } from '../cli/linkonce.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import type { Place } from './place.ts';
import {
  createPlace,
  debugging,
  expectSound,
  failure,
  fromStore,
  placeAt,
  throughLinker,
  well,
} from './place.ts';

const usual = 'library from second\n';
const other = 'library from sec0nd\n';
const arena = 'MALLOC_ARENA_MAX=2';

let place: Place;
/** A folder with another library, which LD_LIBRARY_PATH names. */
let libraries: string;
let searching: string;

beforeEach(() => {
  place = createPlace('search-path');
  libraries = path.join(place.folder, 'libraries');
  mkdirSync(libraries);
  compileLibrary(path.join(libraries, 'liborder.so'), 'sec0nd');
  searching = `LD_LIBRARY_PATH=${libraries}`;
});
afterEach(() => place.remove());

const add = (...args: readonly string[]) => place.command('add', ...args, place.program('search-path'));
const forms = () => requireCatalogue(place.store).programs.map(({ variables }) => variables.join(' '));
const run = (...variables: readonly string[]) => {
  const env = { ...debugging, ...asEnvironment(variables) };
  return place.run('search-path', { env });
};

test('each start finds the form for its variables, and none for others', async () => {
  await well(add());
  expect(await well(add('--env', searching))).toMatch(/^search-path with LD_LIBRARY_PATH=.*: \d+ modules\n/);
  await well(add('--env', arena, '--env', searching));
  expect(forms()).toEqual(['', searching, `${searching} ${arena}`]);
  await fromStore(run(), usual);
  await fromStore(run(searching), other);
  await fromStore(run(arena, searching), other);
  await throughLinker(run(arena), usual);
  await throughLinker(run(`${searching}:`), other);
  await throughLinker(run(searching, 'MALLOC_ARENA_MAX=3'), other);
  const list = await well(place.command('list'));
  expect(list.match(/ready$/gm)).toHaveLength(3);
  expect(list).toContain(`search-path with ${searching} ${arena} `);
  expect(list).toContain('1 programs, ');
  await expectSound(place);
  await well(place.command('gc'));
  await fromStore(run(searching), other);
});

test('what is set at `add` is a form beside the plain one', async () => {
  const set = { ...environment, MALLOC_ARENA_MAX: '2' };
  const file = place.program('search-path');
  await well(linkonce(['store', 'add', '--store', place.store, file], { env: set }));
  expect(forms()).toEqual(['', arena]);
  for (const variables of [[], [arena]]) await fromStore(run(...variables), usual);
});

test('update binds the forms again that a change meets', async () => {
  await well(add());
  await well(add('--env', searching));
  const fresh = path.join(place.folder, 'fresh.so');
  compileLibrary(fresh, 'sec1nd');
  renameSync(fresh, path.join(libraries, 'liborder.so'));
  await throughLinker(run(searching), 'library from sec1nd\n');
  await fromStore(run(), usual);
  expect(await well(place.command('update'))).toContain(`bound again: search-path with ${searching} (`);
  await fromStore(run(searching), 'library from sec1nd\n');
  await fromStore(run(), usual);
  await expectSound(place);
});

test('a program that finds its libraries by a variable only has that form only, and `add` says so', async () => {
  rmSync(place.program('second'), { recursive: true });
  rmSync(place.program('first'), { recursive: true, force: true });
  expect(await well(add('--env', searching))).toMatch(
    /^search-path without variables of the linker: it is not bound: .*liborder\.so/m,
  );
  expect(forms()).toEqual([searching]);
  await fromStore(run(searching), other);
  expect(
    await failure(place.command('add', '--env', 'MALLOC_ARENA_MAX=1', place.program('search-path'))),
  ).toContain('liborder.so');
  await fromStore(run(searching), other);
});

test('as interpreter all forms are copies of the program', async () => {
  await well(add());
  await well(add('--env', searching));
  await well(add('--as-interpreter'));
  expect(forms()).toEqual(['', searching]);
  const { programs, launchers } = requireCatalogue(place.store);
  expect(programs.every(({ asInterpreter }) => asInterpreter)).toBe(true);
  const loader = readFileSync(path.join(place.store, 'files', launchers[0]!.loader!));
  expect(decodeLauncher(loader)?.forms).toHaveLength(2);
  await fromStore(run(), usual);
  await fromStore(run(searching), other);
  await expectSound(place);
});

test('another address, another store: the forms come along', async () => {
  await well(add());
  await well(add('--env', searching));
  await well(place.command('reslide'));
  const target = path.join(place.folder, 'exported');
  await well(place.command('export', target));
  for (const store of [place, placeAt(place.folder, target)]) {
    await fromStore(store.run('search-path'), usual);
    const env = { ...debugging, LD_LIBRARY_PATH: libraries };
    await fromStore(store.run('search-path', { env }), other);
    await expectSound(store);
  }
});

test('removed by its name, all forms go', async () => {
  await well(add());
  await well(add('--env', arena));
  await well(place.command('remove', 'search-path'));
  expect(forms()).toEqual([]);
  await well(place.command('gc'));
  expect(requireCatalogue(place.store).launchers).toEqual([]);
});

test.each([
  ['FOO=1', /It must be NAME=VALUE of a variable that linkers read/],
  ['LD_LIBRARY_PATH', /It must be NAME=VALUE/],
  ['LD_DEBUG=all', /with LD_DEBUG set its linker does more/],
])('--env %s is said to be wrong', async (text, words) => {
  const { stderr, status } = await add('--env', text);
  expect(status).not.toBe(0);
  expect(stderr).toMatch(words);
});

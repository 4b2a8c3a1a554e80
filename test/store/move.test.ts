/** A store at another place: put there by `move`, by mv(1), or by a kill in the middle. Nothing is wrong at any time, only slower. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countPathOf } from '../../src/store/counts.ts';
import { readCount } from '../../src/image/hand-over-count.ts';
import { requireCatalogue } from '../../src/store/catalogue.ts';
import { undoStore } from '../../src/store/store.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { linkonce, main } from '../cli/linkonce.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { isQuick } from '../extent.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import type { Place } from './place.ts';
import {
  createPlace,
  debugging,
  expectSound,
  failure,
  fromStore,
  inBin,
  placeAt,
  throughLinker,
  well,
} from './place.ts';

const usual = 'library from second\n';
const arena = 'MALLOC_ARENA_MAX=2';

let place: Place;
/** The same programs, with a store that is not there yet. */
let other: Place;
beforeEach(() => {
  place = createPlace('search-path', 'bss');
  other = placeAt(place.folder, path.join(place.folder, 'elsewhere', 'store'));
});
afterEach(() => place.remove());

const add = (...args: readonly string[]) => place.command('add', ...args, place.program('search-path'));
const ready = async (where: Place) => (await well(where.command('list'))).match(/ready$/gm)?.length ?? 0;

/** As a person does it. */
function moveAway(): void {
  mkdirSync(path.dirname(other.store));
  renameSync(place.store, other.store);
}

test('move: all forms run from the new place, with their settings, and nothing is left at the old one', async () => {
  await well(add('--slide', 'boot', '--readers', 'owner'));
  await well(add('--env', arena));
  await well(place.command('add', '--as-interpreter', place.program('bss')));
  const before = requireCatalogue(place.store);
  expect(await well(place.command('move', other.store))).toBe(`${other.store}: 2 programs\n`);
  expect(existsSync(place.store)).toBe(false);
  await fromStore(other.run('search-path'), usual);
  await fromStore(other.run('search-path', { env: { ...debugging, MALLOC_ARENA_MAX: '2' } }), usual);
  await expectSound(other);
  expect(await ready(other)).toBe(3);
  const { settings, space, boot, holdings } = requireCatalogue(other.store);
  expect({ settings, space, boot, holdings }).toEqual({
    settings: before.settings,
    space: before.space,
    boot: before.boot,
    holdings: before.holdings,
  });
  expect(await well(other.command('update'))).toContain('everything is up to date');
});

test('move: counts go along, and so does a program that cannot be bound now', async () => {
  await well(add());
  await well(place.command('add', place.program('bss')));
  await throughLinker(place.run('search-path', { env: { ...debugging, LD_BIND_NOW: '1' } }), usual);
  const library = place.program('second/liborder.so');
  renameSync(library, `${library}.away`);
  const { status } = await place.command('move', other.store);
  expect(status).toBe(0);
  renameSync(`${library}.away`, library);
  expect(readCount(countPathOf(other.store, 'search-path'))).toMatchObject({ count: 1 });
  const program = requireCatalogue(other.store).programs.find(({ name }) => name === 'search-path');
  expect(program?.failed).toContain('liborder.so');
  await throughLinker(other.run('search-path'), usual);
  expect((await verifyStore({ store: other.store, onProgress: () => undefined })).faults).toEqual([]);
  await well(other.command('update'));
  await fromStore(other.run('search-path'), usual);
  await expectSound(other);
});

test('moved by mv: handed over until an update, and everybody says what helps', async () => {
  await well(add());
  await well(add('--env', arena));
  moveAway();
  await throughLinker(other.run('search-path'), usual);
  const help = `its store was written for ${place.store}: \`linkonce store update --store ${other.store}\``;
  const launcher = path.join(other.store, 'bin', 'search-path');
  for (const name of [launcher, place.program('search-path')]) {
    const { stdout, status } = await linkonce(['why', '--store', other.store, name]);
    expect(status).toBe(1);
    expect(stdout).toContain(help);
  }
  expect(await well(other.command('list'))).toContain(`it was written for ${place.store}: \`store update\``);
  const { faults } = await verifyStore({ store: other.store, onProgress: () => undefined });
  expect(faults).toEqual([
    `${other.store}: was written for ${place.store}: \`store update\` writes its paths anew`,
  ]);
  const records = requireCatalogue(other.store).programs.map(({ record }) => record);
  expect(await well(other.command('update'))).toMatch(`moved from ${place.store}: paths written anew\n`);
  // Nothing was captured again.
  expect(requireCatalogue(other.store).programs.map(({ record }) => record)).toEqual(records);
  await fromStore(other.run('search-path'), usual);
  await expectSound(other);
  expect(await well(other.command('update'))).toContain('everything is up to date');
});

test.skipIf(process.geteuid?.() !== 0)(
  'the readers of a store stay who they are, by `move` and by mv',
  async () => {
    const group = 4242;
    await well(add('--readers', String(group)));
    const filesOf = ({ store }: Place) =>
      readdirSync(path.join(store, 'files')).map((name) => {
        const { mode, gid } = statSync(path.join(store, 'files', name));
        return `${name.replace(/-[^-]*$/, '')} ${(mode & 0o777).toString(8)} ${String(gid)}`;
      });
    const before = filesOf(place).sort();
    expect(before.join()).toContain(`640 ${String(group)}`);
    await well(place.command('move', other.store));
    expect(filesOf(other).sort()).toEqual(before);
    renameSync(other.store, place.store);
    await well(place.command('update'));
    await well(place.command('gc'));
    expect(filesOf(place).sort()).toEqual(before);
    await expectSound(place);
  },
);

test('modules that a program opens are prepared at the new place', async () => {
  const plugins = createPlace('plugin');
  const modules = ['plugin-good.so', 'plugin-undefined.so'].map(plugins.program);
  const withThem = modules.flatMap((file) => ['--with', file]);
  await well(plugins.command('add', ...withThem, plugins.program('plugin')));
  const moved = placeAt(plugins.folder, path.join(plugins.folder, 'elsewhere'));
  await well(plugins.command('move', moved.store));
  expect(await well(moved.command('list'))).toContain('opens 2, all prepared');
  const [launcher, stock] = [path.join(moved.store, 'bin', 'plugin'), plugins.program('plugin')];
  const usually = await runProgram(stock, modules, { env: debugging });
  expect(await runProgram(launcher, modules, { env: debugging })).toEqual(usually);
  await expectSound(moved);
  plugins.remove();
});

test('moved by mv, and a library changed: it is bound again', async () => {
  await well(add());
  moveAway();
  compileLibrary(`${place.folder}/new.so`, 'sec2nd');
  renameSync(`${place.folder}/new.so`, place.program('second/liborder.so'));
  expect(await well(other.command('update'))).toContain('bound again: search-path');
  await fromStore(other.run('search-path'), 'library from sec2nd\n');
  await expectSound(other);
});

test('a copy in a store that was moved does not start, and `why` says what helps', async () => {
  await well(place.command('add', '--as-interpreter', place.program('bss')));
  moveAway();
  for (const name of [path.join(other.store, 'bin', 'bss'), place.program('bss')]) {
    const { stdout, status } = await linkonce(['why', '--store', other.store, name]);
    expect(status).toBe(1);
    expect(stdout).toContain(`\`linkonce store update --store ${other.store}\``);
  }
  await well(other.command('update'));
  expect(await other.run('bss')).toMatchObject({ stderr: '', status: 0 });
  await expectSound(other);
});

test('a copy of a store is written for its own place; another name of the same folder is none', async () => {
  await well(add());
  const link = placeAt(place.folder, path.join(place.folder, 'link'));
  symlinkSync(place.store, link.store);
  expect(await well(link.command('update'))).toContain('everything is up to date');
  mkdirSync(path.dirname(other.store));
  expect(await runProgram('cp', ['-a', place.store, other.store])).toMatchObject({ status: 0 });
  expect(await well(other.command('update'))).toContain(`moved from ${place.store}`);
  await fromStore(place.run('search-path'), usual);
  await well(place.command('undo'));
  await fromStore(other.run('search-path'), usual);
});

test('a place that will not do, and one that is in the store', async () => {
  await well(add());
  mkdirSync(path.join(other.store, 'mine'), { recursive: true });
  const linked = path.join(place.folder, 'link');
  symlinkSync(place.store, linked);
  expect(await failure(place.command('move', other.store))).toContain('is not empty');
  for (const target of [
    path.join(place.store, 'files', 'new'),
    path.join(linked, 'new'),
    place.folder,
    place.store,
  ])
    expect(await failure(place.command('move', target))).toContain(
      'one of the two stores would be in the other',
    );
  rmSync(other.store, { recursive: true });
  await well(other.command('add', other.program('bss')));
  expect(await failure(place.command('move', other.store))).toContain('is a store already');
  for (const each of [place, other]) await expectSound(each);
  await fromStore(place.run('search-path'), usual);
});

test.skipIf(whyNoStranger !== undefined)('a user other than root moves their own store', async () => {
  chmodSync(place.folder, 0o755);
  const home = path.join(place.folder, 'home');
  mkdirSync(home);
  chownSync(home, 65534, 65534);
  const [from, to] = [path.join(home, 'a'), path.join(home, 'b')];
  const run = (...args: readonly string[]) =>
    runProgram(...asStranger(process.execPath, [main, 'store', ...args]), {
      env: { ...environment, HOME: home },
    });
  await well(run('add', '--store', from, place.program('search-path')));
  await well(run('move', '--store', from, to));
  expect(statSync(to).uid).toBe(65534);
  expect(await well(run('verify', '--store', to))).toContain('all as they must be');
  const started = runProgram(...asStranger(path.join(to, 'bin', 'search-path'), []), { env: debugging });
  await fromStore(started, usual);
});

/** Kills a move after so many ms; answers how long it ran. */
function killed(from: Place, to: Place, delay = Infinity): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [main, 'store', 'move', '--store', from.store, to.store], {
    stdio: 'ignore',
  });
  const timer = delay === Infinity ? undefined : setTimeout(() => child.kill('SIGKILL'), delay);
  return new Promise((resolve) => {
    child.on('exit', () => {
      clearTimeout(timer);
      resolve(performance.now() - begun);
    });
  });
}

const isThere = ({ store }: Place) => existsSync(path.join(store, 'current'));

test('killed at random moments: one of the stores is there, or both, and each is whole', async () => {
  await well(place.command('add', place.program('search-path'), place.program('bss')));
  const duration = await killed(place, other);
  let [from, to] = [other, place];
  for (let time = 0; time < (isQuick ? 4 : 24); time++) {
    const delay = duration * (0.3 + 0.8 * Math.random());
    await killed(from, to, delay);
    const there = [from, to].filter(isThere);
    expect(there).not.toEqual([]);
    for (const each of there) {
      const { faults, stale } = await verifyStore({ store: each.store, onProgress: () => undefined });
      expect({ faults, stale }, `after ${delay.toFixed(0)} ms`).toEqual({ faults: [], stale: [] });
      await fromStore(each.run('search-path'), usual);
      expect(inBin(each)).toEqual(['bss', 'search-path']);
    }
    // What was not finished is no obstacle for the next.
    if (there.length === 2) await undoStore({ store: to.store, onProgress: () => undefined });
    if (there[0] === to) [from, to] = [to, from];
  }
});

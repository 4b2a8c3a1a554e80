/** Commands killed at random moments: what is there before or after them is there, and nothing in between. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, renameSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { collectStore, undoStore, updateStore } from '../../src/store/store.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { packageRoot } from '../../src/util/native.ts';
import { linkonce } from '../cli/linkonce.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { createPlace, inBin, well, type Place } from './place.ts';
import { isQuick } from '../extent.ts';
import { patienceMs } from '../patience.ts';

const places: Place[] = [];
afterEach(() => {
  for (const place of places.splice(0)) place.remove();
});

function newPlace(): Place {
  const place = createPlace('search-path', 'bss');
  places.push(place);
  return place;
}

const main = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');

/** Whoever has this variable was started by a command of ours. */
const mark = 'LINKONCE_TEST_PLACE';

/** Starts `linkonce store …` and kills it, alone or with all that it started; answers how long it ran, ms. */
function killed(place: Place, args: readonly string[], delay = Infinity, alone = false): Promise<number> {
  const [name = '', ...rest] = args;
  const begun = performance.now();
  const child = spawn(process.execPath, [main, 'store', name, '--store', place.store, ...rest], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, [mark]: place.folder },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the command does not start');
  const kill = (): boolean => process.kill(alone ? pid : -pid, 'SIGKILL');
  const timer = delay === Infinity ? undefined : setTimeout(kill, delay);
  return new Promise((resolve) => {
    child.on('exit', () => {
      clearTimeout(timer);
      resolve(performance.now() - begun);
    });
  });
}

/** Commands, workers and traced programs of a place that are still there. */
function survivors(folder: string): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOf(folder, path.join('/proc', name)));
}

function isOf(folder: string, process: string): boolean {
  try {
    const environment = readFileSync(path.join(process, 'environ'), 'utf8').split('\0');
    const program = readlinkSync(path.join(process, 'exe'));
    return program.startsWith(`${folder}/`) || environment.includes(`${mark}=${folder}`);
  } catch {
    // It has ended.
    return false;
  }
}

const context = ({ store }: Place) => ({ store, onProgress: () => undefined });

/** All launchers run right, and a command after a killed one finds nothing wrong. */
async function expectWhole(place: Place, what: string): Promise<void> {
  await expect.poll(() => survivors(place.folder), { message: what, timeout: patienceMs }).toEqual([]);
  expect((await verifyStore(context(place))).faults, what).toEqual([]);
  for (const name of inBin(place)) {
    const stock = execFileSync(place.program(name), { encoding: 'utf8' });
    expect(execFileSync(path.join(place.store, 'bin', name), { encoding: 'utf8' }), what).toBe(stock);
  }
  expect((await updateStore(context(place))).failures, what).toEqual([]);
  await collectStore(context(place));
  const { faults, stale, leftovers } = await verifyStore(context(place));
  expect({ faults, stale, leftovers }, what).toEqual({ faults: [], stale: [], leftovers: [] });
}

/** The commands in turn, each with what makes it change something. */
function commandsOf(place: Place): readonly (() => readonly string[])[] {
  let changes = 0;
  const library = place.program('second/liborder.so');
  const changed = (): void => {
    compileLibrary(`${library}.new`, `version ${String(++changes)}`);
    renameSync(`${library}.new`, library);
  };
  const bss = place.program('bss');
  return [
    () => (inBin(place).includes('bss') ? ['remove', 'bss'] : ['add', bss]),
    () => {
      changed();
      return ['update'];
    },
    () => ['reslide'],
    () => ['add', bss, place.program('search-path')],
  ];
}

test('100 kills: update, add, remove and reslide in a store; the first add, and undo', async () => {
  await Promise.all([killChanges(newPlace(), isQuick ? 6 : 64), killWhole(newPlace(), isQuick ? 4 : 36)]);
});

async function killChanges(place: Place, times: number): Promise<void> {
  await well(place.command('add', place.program('search-path'), place.program('bss')));
  const commands = commandsOf(place);
  const durations: number[] = [];
  for (const command of commands) durations.push(await killed(place, command()));
  for (let time = 0; time < times; time++) {
    const index = time % commands.length;
    const args = commands[index]!();
    const delay = Math.random() * durations[index]! * 1.1;
    const alone = Math.random() < 0.3;
    await killed(place, args, delay, alone);
    await expectWhole(place, `${args.join(' ')} after ${delay.toFixed(0)} ms${alone ? ', alone' : ''}`);
  }
}

/** A store that comes and goes. */
async function killWhole(place: Place, times: number): Promise<void> {
  const add = ['add', place.program('search-path')];
  const durations = [await killed(place, add), await killed(place, ['undo'])];
  for (let time = 0; time < times; time++) {
    const args = existsSync(path.join(place.store, 'current')) ? ['undo'] : add;
    const delay = Math.random() * durations[args === add ? 0 : 1]! * 1.1;
    await killed(place, args, delay);
    await expect.poll(() => survivors(place.folder), { timeout: patienceMs }).toEqual([]);
    if (existsSync(path.join(place.store, 'current')))
      await expectWhole(place, `${args[0]!} after ${delay.toFixed(0)} ms`);
  }
  await well(place.command('add', place.program('search-path')));
  await expectWhole(place, 'at the end');
  expect(await undoStore(context(place))).toEqual([]);
  expect(existsSync(place.store)).toBe(false);
}

test('a capture that something kills is a failure of its program alone', async () => {
  const place = newPlace();
  const add = linkonce(
    ['store', 'add', '--store', place.store, place.program('bss'), place.program('search-path')],
    { env: { ...process.env, [mark]: place.folder } },
  );
  const workers = (): string[] =>
    survivors(place.folder).filter((pid) => commandOf(pid).includes('capture-worker'));
  await expect.poll(workers, { interval: 5 }).not.toEqual([]);
  process.kill(Number(workers()[0]), 'SIGKILL');
  const { stderr, status } = await add;
  expect({ stderr, status }).toEqual({
    stderr: expect.stringMatching(/^(linkonce: [^\n]+: its capture ended without an answer\n)$/) as string,
    status: 1,
  });
  expect(inBin(place)).toHaveLength(1);
  await expectWhole(place, 'after a killed capture');
});

function commandOf(pid: string): string {
  return existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
}

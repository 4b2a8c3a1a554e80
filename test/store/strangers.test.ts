/** Other users of the machine: they can read its store, and neither hold it up nor be held up. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { names } from '../../src/store/folder.ts';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';
import type { Holder } from '../stranger.ts';
import { asStranger, holdFlock, whyNoStranger } from '../stranger.ts';
import { createPlace, failure, well, type Place } from './place.ts';

let place: Place;
const holders: Holder[] = [];
beforeEach(({ skip }) => {
  skip(whyNoStranger !== undefined, whyNoStranger);
  place = createPlace('bss');
  chmodSync(place.folder, 0o755);
});
afterEach(async () => {
  for (const holder of holders.splice(0)) await holder.end();
  place.remove();
});

const lockOf = ({ store }: Place): string => path.join(store, names.lock);
const modeOf = (file: string): number => statSync(file).mode & 0o777;

/** Everything in the store that a stranger can lock is locked by one. Answers how much that is. */
async function lockAll(folder: string): Promise<number> {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const those = await Promise.all(['.', ...found].map((name) => holdFlock(path.join(folder, name))));
  holders.push(...those);
  return those.filter(({ holds }) => holds).length;
}

test('locks of a stranger keep no command waiting', async () => {
  await well(place.command('add', place.program('bss')));
  expect(modeOf(lockOf(place))).toBe(0o600);
  expect(await lockAll(place.store)).toBeGreaterThan(5);
  for (const command of ['update', 'verify', 'reslide', 'gc', 'list']) await well(place.command(command));
  await well(place.command('undo'));
});

test('the lock of a store of earlier days is closed to others by the first command', async () => {
  await well(place.command('add', place.program('bss')));
  chmodSync(lockOf(place), 0o644);
  await well(place.command('verify'));
  expect(modeOf(lockOf(place))).toBe(0o600);
});

const main = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
const strangersCommand = (...args: readonly string[]) =>
  runProgram(...asStranger(process.execPath, [main, 'store', ...args, '--store', place.store]), {
    env: process.env,
  });

test('a stranger may list, and is told in one line that he may do no more', async () => {
  await well(place.command('add', place.program('bss')));
  expect(await well(strangersCommand('list'))).toContain('bss');
  // Records are their owner's: all that was captured is in them.
  for (const command of ['verify', 'update', 'undo', 'gc'])
    expect(await failure(strangersCommand(command))).toContain(place.store);
});

/** Says each time what generation it begins to read, and ends the reading when it is told to. */
const reader = (store: string): string => `
  import { once } from 'node:events';
  import { readlinkSync } from 'node:fs';
  const { withStoreView } = await import(${JSON.stringify(pathToFileURL(path.join(packageRoot(), 'dist', 'src', 'store', 'lock.js')).href)});
  const store = ${JSON.stringify(store)};
  await withStoreView({ store, onProgress() {} }, async () => {
    const read = readlinkSync(store + '/current');
    console.log(read);
    await once(process.stdin, 'data');
    if (read === 'generations/first') throw new Error('a file of it is gone');
  });
  process.exit();
`;

test('what a stranger reads is one generation: where another came meanwhile, he reads that one', async () => {
  mkdirSync(place.store);
  writeFileSync(lockOf(place), '', { mode: 0o600 });
  symlinkSync('generations/first', path.join(place.store, 'current'));
  const child = spawn(
    ...asStranger(process.execPath, ['--input-type=module', '--eval', reader(place.store)]),
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const exit = once(child, 'exit');
  const heard = async (): Promise<string> => String((await once(child.stdout, 'data'))[0]);
  expect(await heard()).toBe('generations/first\n');
  symlinkSync('generations/second', path.join(place.store, 'next'));
  renameSync(path.join(place.store, 'next'), path.join(place.store, 'current'));
  child.stdin.write('on\n');
  expect(await heard()).toBe('generations/second\n');
  child.stdin.write('on\n');
  expect(await exit).toEqual([0, null]);
});

test('a command that gives up says who has the store; the hook hears of it at once, and goes on', async () => {
  await well(place.command('add', place.program('bss')));
  const other = spawn('flock', [
    '--exclusive',
    '--no-fork',
    lockOf(place),
    'sh',
    '-c',
    'echo locked; exec cat',
  ]);
  try {
    await once(other.stdout, 'data');
    const holder = `process ${String(other.pid)} (cat)`;
    expect(await place.command('update', '--wait', '0')).toEqual({
      stdout: '',
      stderr:
        `linkonce: ${place.store}: waiting for ${holder}, at most 0 s\n` +
        `linkonce: ${place.store}: ${holder} has it for longer than 0 s\n`,
      status: 1,
      signal: null,
    });
    const hook = spawnSync(path.join(packageRoot(), 'contrib', 'linkonce-update'), [place.store], {
      encoding: 'utf8',
      env: { ...process.env, LINKONCE: path.join(packageRoot(), 'linkonce'), LINKONCE_WAIT: '0' },
    });
    expect(hook).toMatchObject({ status: 0, stdout: '' });
    expect(hook.stderr).toContain(`waiting for ${holder}`);
    expect(hook.stderr).toContain(`linkonce: not all of ${place.store} is up to date`);
  } finally {
    other.kill('SIGKILL');
  }
});

test('the hook ends a command that does not end', () => {
  const [hang, store] = [path.join(place.folder, 'hang'), path.join(place.folder, 'hung')];
  writeFileSync(hang, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  mkdirSync(store);
  writeFileSync(path.join(store, 'current'), '');
  const hook = spawnSync(path.join(packageRoot(), 'contrib', 'linkonce-update'), [store], {
    encoding: 'utf8',
    env: { ...process.env, LINKONCE: hang, LINKONCE_LIMIT: '0.1' },
  });
  expect(hook).toMatchObject({ status: 0, stdout: '' });
  expect(hook.stderr).toMatch(/^linkonce: the update of .* took longer than 0\.1 s, and was ended;.*\n$/);
});

/** Where a store may be made, and what is said where it may not. */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkonce, main } from '../cli/linkonce.ts';
import { environment } from '../programs/build.ts';
import { runInShell, runProgram } from '../run-program.ts';
import { failure, well } from './place.ts';

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-new-store-'));
  store = path.join(folder, 'store');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const command = (name: string, ...args: string[]) => linkonce(['store', name, '--store', store, ...args]);

test.each([0o1777, 0o777, 0o775])('an empty folder of mode %o is closed to others', async (mode) => {
  mkdirSync(store);
  chmodSync(store, mode);
  mkdirSync(path.join(store, 'lost+found'));
  await well(command('add', 'true'));
  expect(statSync(store).mode & 0o7777).toBe(0o755);
  await well(command('undo'));
  expect(readdirSync(store)).toEqual(['lost+found']);
});

test('its folders are for whom it is, whatever the umask', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('this user has stores for nobody else');
  const program = path.join(folder, 'true');
  copyFileSync('/bin/true', program);
  const below = (umask: string, ...args: string[]) =>
    runInShell(`umask ${umask}; exec "$0" "$@"`, process.execPath, [
      main,
      'store',
      ...args,
      '--store',
      store,
    ]);
  const closed = (): string[] =>
    [
      store,
      ...readdirSync(store, { recursive: true, encoding: 'utf8' }).map((name) => path.join(store, name)),
    ].filter((file) => statSync(file).isDirectory() && (statSync(file).mode & 0o777) !== 0o755);
  await well(below('077', 'add', program));
  expect(closed()).toEqual([]);
  appendFileSync(program, ' ');
  expect(await well(below('077', 'update'))).toContain('bound again: true');
  expect(closed()).toEqual([]);
});

test('one in which others may have put something is not', async () => {
  mkdirSync(store);
  chmodSync(store, 0o1777);
  writeFileSync(path.join(store, 'linkonce.lock'), '');
  expect(await failure(command('add', 'true'))).toContain('another user could write it');
  expect(statSync(store).mode & 0o7777).toBe(0o1777);
});

describe('a file in place of the folder', () => {
  test.each(['', 'below'])('is said in one line: %j', async (below) => {
    writeFileSync(store, '');
    store = path.join(store, below);
    for (const [name = '', ...args] of [['add', 'true'], ['list'], ['update'], ['verify'], ['undo']])
      expect(await failure(command(name, ...args))).toContain(store);
  });
});

/** `$@`: node and the tool, below a mount namespace of its own; `$0`: the store's folder. */
async function mounted(options: string, script: string) {
  mkdirSync(store);
  const mount = `mount -t tmpfs -o ${options} none "$0" || exit 77; ${script}`;
  const args = ['--mount', '--map-root-user', 'sh', '-c', mount, store, process.execPath, main];
  return runProgram('unshare', args, { env: environment }).catch(() => undefined);
}
const cannotMount = (outcome: Awaited<ReturnType<typeof mounted>>): outcome is undefined =>
  outcome === undefined || outcome.status === 77 || outcome.stderr.startsWith('unshare:');

test('a disk that is full is said in one line, and leaves a store that can be used', async ({ skip }) => {
  const script = `"$@" store add --store "$0" true; echo $?
    mount -o remount,size=64m "$0"; "$@" store add --store "$0" true >/dev/null; echo $?
    "$0/bin/true"; echo $?`;
  const outcome = await mounted('size=64k', script);
  if (cannotMount(outcome)) return skip('this user may not mount in a namespace of its own');
  expect(outcome.stdout).toMatch(/^(?:0 programs [^\n]*\n)?1\n0\n0\n$/);
  expect(outcome.stderr).toMatch(/^linkonce: [^\n]*ENOSPC[^\n]*\n$/);
});

test('a store that is read-only is listed, and updated where there is nothing to do', async ({ skip }) => {
  const script = `"$@" store add --store "$0" true >/dev/null; mount -o remount,ro "$0"
    "$@" store list --store "$0" >/dev/null; echo $?; "$@" store update --store "$0" >/dev/null; echo $?
    "$@" store add --store "$0" echo; echo $?`;
  const outcome = await mounted('mode=755', script);
  if (cannotMount(outcome)) return skip('this user may not mount in a namespace of its own');
  expect(outcome.stdout).toBe('0\n0\n1\n');
  expect(outcome.stderr).toMatch(/^linkonce: [^\n]*EROFS[^\n]*\n$/);
});

/** `run` is the program: its arguments, input, output and status; and it binds only when something changed. */
import {
  chmodSync,
  cpSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runInShell, runProgram, type RunSettings } from '../run-program.ts';
import { whyNoStranger } from '../stranger.ts';
import { linkonce } from './linkonce.ts';

const main = path.join(packageRoot(), 'dist/src/cli/main.js');
let folder: string;
let cache: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-run-'));
  cache = path.join(folder, 'cache', 'linkonce');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = () => ({ ...environment, XDG_CACHE_HOME: path.join(folder, 'cache'), LINKONCE_DEBUG: '1' });

function run(args: readonly string[], settings: RunSettings = {}): ReturnType<typeof linkonce> {
  return linkonce(['run', ...args], { env: env(), ...settings });
}

/** Binds that the cache holds. */
function generations(): number {
  const [entry] = readdirSync(cache);
  return readdirSync(path.join(cache, entry!)).filter((name) => name !== 'current').length;
}

describe('the program', () => {
  test.each(['return', 'exit', 'quick', '_exit'])('ends by %s', async (how) => {
    const { path: file } = testProgram('exit');
    expect(await run([file, how])).toEqual(await runProgram(file, [how], { env: environment }));
  });

  test('ends by a signal, which a shell shows as 128 and its number', async () => {
    const { path: file } = testProgram('exit');
    const outcome = await runInShell('"$0" "$@"; echo $?', process.execPath, [main, 'run', file, 'signal'], {
      env: env(),
    });
    expect(outcome.stdout).toBe('ends by signal\n143\n');
  });

  test('gets its input', async () => {
    const { path: file } = testProgram('copy-input');
    const settings = { input: 'one\ntwo', env: env() };
    expect(await run([file], settings)).toEqual(await runProgram(file, [], settings));
  });

  test('gets all arguments that follow it, options too', async () => {
    const outcome = await run(['echo', '--json', '-s', 'got-plt', '--', '-n', '']);
    expect(outcome).toMatchObject({ stdout: '--json -s got-plt -- -n \n', stderr: '', status: 0 });
  });

  test('sees the name by which it was called', async () => {
    const { stdout } = await run(['bash', '-c', 'echo $0']);
    expect(stdout).toBe('bash\n');
  });

  test('runs under the system that was asked for', async () => {
    const { path: file } = testProgram('identity');
    const variables = Object.keys(env()).length;
    expect((await run(['--system', 'got-plt', file])).stdout).toContain(`${variables} variables`);
    // LD_BIND_NOW is the one more.
    expect((await run(['--system', 'got-plt:now', file])).stdout).toContain(`${variables + 1} variables`);
  });
});

describe.each([
  ['on its first run', 1],
  ['from the cache', 2],
])('by ./linkonce, %s, the program has what the shell had', (_, times) => {
  const tool = path.join(packageRoot(), 'linkonce');
  async function inShell(command: string) {
    const outcomes = [];
    while (outcomes.length < times)
      outcomes.push(await runProgram('/bin/bash', ['-c', command, tool], { env: env() }));
    return outcomes.at(-1)!;
  }

  test('descriptors', async () => {
    const { stdout } = await inShell('"$0" run cat /dev/fd/7 7<<<seven; "$0" run cat <(echo substituted)');
    expect(stdout).toBe('seven\nsubstituted\n');
  });

  test('and no others', async () => {
    const { stdout } = await inShell('ls -l /proc/self/fd | wc -l; "$0" run ls -l /proc/self/fd | wc -l');
    const [stock, own] = stdout.split('\n');
    expect(own).toBe(stock);
  });

  test('the limit of open files', async () => {
    const { stdout } = await inShell('ulimit -Sn 100; "$0" run bash -c "ulimit -Sn"');
    expect(stdout).toBe('100\n');
  });

  test('the environment', async () => {
    const { stdout } = await inShell(
      'env -i A=1 B=2 PATH="$PATH" HOME=/tmp XDG_CACHE_HOME="$XDG_CACHE_HOME" "$0" run env',
    );
    expect(stdout.split('\n').map((line) => line.split('=')[0])).not.toContain('LINKONCE_START');
  });

  test('signals as they were', async () => {
    const { stdout } = await inShell('"$0" run cat /proc/self/status | grep -E "^Sig(Ign|Blk|Cgt)"');
    expect(stdout).toMatch(/^SigBlk:\s0+\nSigIgn:\s0+\nSigCgt:\s0+\n$/);
  });
});

describe('the cache', () => {
  test('is used again, and is private', async () => {
    await run(['echo', 'one']);
    await run(['echo', 'two']);
    expect(readdirSync(cache)).toHaveLength(1);
    expect(generations()).toBe(1);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  test('has a new bind when a library changed', async () => {
    cpSync(path.dirname(testProgram('search-path').path), path.join(folder, 'program'), { recursive: true });
    const file = path.join(folder, 'program', 'search-path');
    await run([file]);
    compileLibrary(path.join(folder, 'program', 'second', 'liborder.so'), 'changed');
    expect(await run([file])).toMatchObject({ stdout: 'library from changed\n', stderr: '', status: 0 });
    expect(generations()).toBe(2);
  });

  test('has a new bind when the link by which the program is called leads elsewhere', async () => {
    const tool = path.join(folder, 'tool');
    symlinkSync(testProgram('copy-input').path, tool);
    expect((await run([tool], { input: 'a line' })).stdout).toBe('a line');
    rmSync(tool);
    symlinkSync(testProgram('search-path').path, tool);
    expect(await run([tool])).toMatchObject({ stdout: 'library from second\n', stderr: '', status: 0 });
    expect(generations()).toBe(2);
  });

  test('is not used where others could write to it', async () => {
    await run(['echo']);
    chmodSync(cache, 0o777);
    const outcome = await run(['echo', 'hi']);
    expect(outcome).toMatchObject({ stdout: 'hi\n', status: 0 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]*another user could write[^\n]*\n$/);
  });

  test('is not used where a folder above it is everybody’s', async () => {
    mkdirSync(path.dirname(cache));
    chmodSync(path.dirname(cache), 0o777);
    const outcome = await run(['echo', 'hi']);
    expect(outcome).toMatchObject({ stdout: 'hi\n', status: 0 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]*or a folder above it[^\n]*\n$/);
    chmodSync(path.dirname(cache), 0o1777);
    expect(await run(['echo', 'hi'])).toMatchObject({ stdout: 'hi\n', status: 0 });
  });

  /** The cache as it is now, elsewhere, and a link to it in its place. */
  function moveAway(): string {
    const elsewhere = path.join(folder, 'unpacked');
    renameSync(cache, elsewhere);
    symlinkSync(elsewhere, cache);
    return elsewhere;
  }

  test('is found by a link of the user’s own, and not by that of another', async ({ skip }) => {
    await run(['echo']);
    moveAway();
    expect(await run(['echo', 'hi'])).toMatchObject({ stdout: 'hi\n', status: 0 });
    skip(whyNoStranger !== undefined, whyNoStranger);
    lchownSync(cache, 65_534, 65_534);
    const outcome = await run(['echo', 'hi']);
    expect(outcome).toMatchObject({ stdout: 'hi\n', status: 0 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]*another user could write[^\n]*\n$/);
  });

  test('an entry that names another file than its own launcher is bound anew', async () => {
    await run(['echo']);
    const [of = ''] = readdirSync(cache);
    const file = path.join(cache, of, 'current', 'entry.json');
    const evil = path.join(folder, 'evil');
    writeFileSync(evil, '#!/bin/sh\necho evil\n', { mode: 0o755 });
    const entry = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...entry, file: evil }));
    expect(await run(['echo', 'hi'])).toMatchObject({ stdout: 'hi\n', status: 0 });
  });

  test('that can be nowhere: the program runs without one', async () => {
    writeFileSync(path.dirname(cache), '');
    const outcome = await run(['echo', 'hi']);
    expect(outcome).toMatchObject({ stdout: 'hi\n', status: 0 });
    expect(outcome.stderr).toMatch(/^linkonce: echo is run without a launcher: [^\n]+\(ENOTDIR, [^\n]+\n$/);
  });

  test('serves several first runs at once', async () => {
    const outcomes = await Promise.all([1, 2, 3].map((number) => run(['echo', String(number)])));
    expect(outcomes.map((outcome) => outcome.stdout)).toEqual(['1\n', '2\n', '3\n']);
  });
});

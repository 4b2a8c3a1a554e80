/** `why` says what the start itself then does, of launchers and of programs that have one. */
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reasons } from '../../src/image/reasons.ts';
import { expectHandOver } from '../contract/workplace.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import { linkonce, main } from './linkonce.ts';

let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
const { path: program } = testProgram('copy-input');
const other = { MALLOC_TOP_PAD_: '65536' };

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-why-'));
  // A stranger may read what is in it.
  chmodSync(folder, 0o755);
  await linkonce(['bind', '-o', inFolder('launcher'), program]);
  await linkonce(['bind', '--as-interpreter', '-o', inFolder('copy'), program]);
  await linkonce(['store', 'add', '--store', inFolder('store'), 'echo']);
  symlinkSync('launcher', inFolder('link'));
  writeFileSync(inFolder('script'), '#!/bin/sh\n', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = (variables = {}) => ({ ...environment, XDG_CACHE_HOME: inFolder('cache'), ...variables });
const why = (args: readonly string[], variables = {}) =>
  linkonce(['why', '--store', inFolder('store'), ...args], { env: env(variables), cwd: folder });
const json = async (args: readonly string[], variables = {}) =>
  JSON.parse((await why(['--json', ...args], variables)).stdout) as Readonly<Record<string, unknown>>;

describe('a launcher', () => {
  test.each([
    ['by its path', './launcher', 'launcher'],
    ['by a link', './link', 'launcher'],
    ['as interpreter', './copy', 'copy'],
  ])('%s', async (_, name, bound) => {
    expect(await why([name, '--json', '-x'])).toEqual({
      stdout: `${name} runs from its image ${inFolder(`${bound}.image`)}\n`,
      stderr: '',
      status: 0,
      signal: null,
    });
  });

  test('by its name', async () => {
    const { stdout, status } = await why(['launcher'], { PATH: `${folder}:${environment.PATH ?? ''}` });
    expect({ stdout, status }).toEqual({
      stdout: `launcher runs from its image ${inFolder('launcher.image')}\n`,
      status: 0,
    });
  });

  test('that would hand over: the reason, and what helps', async () => {
    const { stdout, stderr, status } = await why(['./launcher'], other);
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
    expect(stdout).toMatch(
      /^\.\/launcher: for this user it runs through ld\.so here: it is not bound for the linker's variables as they are set \(set: MALLOC_TOP_PAD_\); to do: bind it with them set [^\n]*\n$/,
    );
    expect(await json(['./launcher'], other)).toMatchObject({
      format: 'linkonce-why',
      version: 1,
      name: './launcher',
      file: inFolder('launcher'),
      launcher: inFolder('launcher'),
      from: 'itself',
      outcome: 'hands-over',
      detail: 'set: MALLOC_TOP_PAD_',
      remedy: 'bind-again',
    });
  });

  test('under the limits of who asks', async () => {
    const args = ['--stack=100000:', process.execPath, main, 'why', './launcher'];
    const { stdout, status } = await runProgram('prlimit', args, { env: env(), cwd: folder });
    expect(status).toBe(1);
    expect(stdout).toContain('the limit of the stack is lower');
  });

  test('that cannot be executed', async () => {
    chmodSync(inFolder('launcher'), 0o644);
    const { stdout, status } = await why(['./launcher']);
    chmodSync(inFolder('launcher'), 0o755);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\.\/launcher: for this user it does not start here: it cannot be executed /);
  });

  describe('of another user', () => {
    const settings = () => ({ env: env({ LINKONCE_DEBUG: '1' }), cwd: folder });
    const asked = (): Promise<Outcome> => {
      const args = [main, 'why', '--store', 'store', './launcher'];
      return runProgram(...asStranger(process.execPath, args), settings());
    };
    /** What is asked while nobody but the owner may read a file. */
    async function whileClosed<T>(name: string, mode: number, ask: () => Promise<T>): Promise<T> {
      const before = statSync(inFolder(name)).mode;
      chmodSync(inFolder(name), mode);
      try {
        return await ask();
      } finally {
        chmodSync(inFolder(name), before);
      }
    }
    beforeEach(({ skip }) => skip(whyNoStranger !== undefined, whyNoStranger));

    test('that may be read', async () => {
      expect(await asked()).toMatchObject({ status: 0, stderr: '' });
    });

    test('that may not', async () => {
      const { stdout, stderr, status } = await whileClosed('launcher', 0o711, asked);
      expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
      expect(stdout).toMatch(
        /^\.\/launcher: whether it is used here is not known: [^\n]*permission denied[^\n]*\n$/,
      );
    });

    test('whose image may not be read, as the start itself says', async () => {
      const { text, help } = reasons.imageUnreadable;
      const start = () => runProgram(...asStranger('./launcher', []), settings());
      const [said, started] = await whileClosed('launcher.image', 0o600, async () => [
        await asked(),
        await start(),
      ]);
      expect(said.stdout).toBe(
        `./launcher: for this user it runs through ld.so here: ${text}; to do: ${help}\n`,
      );
      expectHandOver(started, '', `: ${text}\n`);
    });
  });
});

describe('a program', () => {
  test('of the store, whose hand-overs are told', async () => {
    const launcher = inFolder('store/bin/echo');
    expect(await json(['echo'])).toMatchObject({ outcome: 'image', from: 'store', launcher });
    const { stdout } = await why(['echo', 'hello']);
    expect(stdout).toMatch(
      /^echo runs from its image [^\n]+\nthat is by the launcher of the store, [^\n]+; \S+ itself runs through ld\.so\n$/,
    );
    await runProgram(launcher, [], { env: env(other) });
    const reason = "it is not bound for the linker's variables as they are set";
    expect(await json([launcher])).toMatchObject({ outcome: 'image', handedOver: { count: 1, reason } });
    const told = (await why([launcher])).stdout.split('\n')[1];
    expect(told).toMatch(
      /^1 starts of the owner were handed over, the last one \d{4}-\d\d-\d\d [\d:]+: it is not bound for /,
    );
  });

  test('that `run` bound', async () => {
    const before = await why([program]);
    expect(before).toMatchObject({ status: 1, stderr: '' });
    expect(before.stdout).toMatch(/ is not bound: it runs through ld\.so; to do: bind it [^\n]*`run`\n$/);
    expect(await json([program])).toMatchObject({ outcome: 'not-bound', remedy: 'bind-again' });
    await linkonce(['run', program], { env: env(), input: '' });
    expect(await json([program])).toMatchObject({ outcome: 'image', from: 'cache' });
  });

  test.each([
    ['a script', './script', {}, /is a script \(#!\/bin\/sh\): name the program that it starts/],
    ['with a variable for which nothing is bound', 'cat', { LD_VERBOSE: '1' }, /with LD_VERBOSE set /],
  ])('that cannot be bound: %s', async (_, name, variables, reason) => {
    const { stdout, stderr, status } = await why([name], variables);
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
    expect(stdout).toMatch(/^[^\n]+ is not bound, and cannot be: [^\n]+\n$/);
    expect(stdout).toMatch(reason);
  });

  test.each(['./nothing', 'no-such-program-anywhere', '.'])('that is none: %s', async (name) => {
    const outcome = await why([name]);
    expect(outcome).toMatchObject({ stdout: '', status: 1 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n$/);
  });
});

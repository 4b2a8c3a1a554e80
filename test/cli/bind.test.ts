/** `bind` writes launchers where a person expects them, and overwrites nothing else. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProgram } from '../run-program.ts';
import { linkonce } from './linkonce.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'linkonce-bind-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bind = (...args: string[]) => linkonce(['bind', ...args], { cwd: folder });
const inFolder = (name: string) => path.join(folder, name);

test('writes PROGRAM-linkonce into the current folder, and says so in one line', async () => {
  const { stdout, stderr, status } = await bind('echo');
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toMatch(/echo-linkonce: \d+ modules, [\d.]+ (kB|MB), \d+ ms\n$/);
  expect(await runProgram(inFolder('echo-linkonce'), ['hello'])).toMatchObject({
    stdout: 'hello\n',
    status: 0,
  });
});

test('writes where -o says', async () => {
  await bind('-o', 'my-echo', 'echo');
  expect(await runProgram(inFolder('my-echo'), ['hello'])).toMatchObject({ stdout: 'hello\n' });
});

test('overwrites a launcher', async () => {
  for (const name of ['true', 'echo'])
    expect(await bind('-o', 'launcher', name)).toMatchObject({ status: 0 });
  expect(await runProgram(inFolder('launcher'), ['hello'])).toMatchObject({ stdout: 'hello\n' });
});

test('overwrites the copy that interpreter mode wrote', async () => {
  for (const name of ['true', 'echo'])
    expect(await bind('--as-interpreter', '-o', 'launcher', name)).toMatchObject({ stderr: '', status: 0 });
  expect(await runProgram(inFolder('launcher'), ['hello'])).toMatchObject({ stdout: 'hello\n' });
});

test.each(['a text', 'a program', 'a folder'])('does not overwrite %s', async (what) => {
  const output = what === 'a folder' ? folder : inFolder('mine');
  if (what === 'a text') writeFileSync(output, 'mine');
  if (what === 'a program') copyFileSync('/bin/true', output);
  const before = what === 'a folder' ? '' : readFileSync(output);
  const outcome = await bind('-o', output, 'echo');
  expect(outcome).toMatchObject({ stdout: '', status: 1 });
  expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n$/);
  if (what !== 'a folder') expect(readFileSync(output)).toEqual(before);
});

test('a second bind leaves no shared file of the first, and none of a person', async () => {
  const shared = () => readdirSync(inFolder('launcher.files')).filter((name) => name !== 'mine');
  await bind('--system', 'install', '-o', 'launcher', 'echo');
  const first = shared();
  writeFileSync(path.join(inFolder('launcher.files'), 'mine'), 'mine');
  await bind('--system', 'install', '-o', 'launcher', 'echo');
  expect(shared()).toHaveLength(first.length);
  expect(shared().filter((name) => first.includes(name))).toEqual([]);
  expect(await runProgram(inFolder('launcher'), ['hello'])).toMatchObject({ stdout: 'hello\n' });
  await bind('-o', 'launcher', 'echo');
  expect(readdirSync(inFolder('launcher.files'))).toEqual(['mine']);
});

test('a second bind without shared files leaves no folder', async () => {
  await bind('--system', 'install', '-o', 'launcher', 'echo');
  await bind('-o', 'launcher', 'echo');
  expect(readdirSync(folder).sort()).toEqual(['launcher', 'launcher.image']);
});

test('binds the others where one of several cannot be bound', async () => {
  const outcome = await bind('echo', 'no-such-program', 'true');
  expect(outcome.status).toBe(1);
  expect(outcome.stderr).toMatch(/^linkonce: no-such-program: [^\n]+\n$/);
  expect(['echo-linkonce', 'true-linkonce'].map((name) => existsSync(inFolder(name)))).toEqual([true, true]);
});

test('says in one line that the folder cannot be written', async ({ skip }) => {
  if (process.getuid?.() === 0) skip('root writes everywhere');
  chmodSync(folder, 0o500);
  const outcome = await bind('echo');
  expect(outcome).toMatchObject({ stdout: '', status: 1 });
  expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n$/);
});

test('says in one line that there is no folder for the launcher', async () => {
  const outcome = await bind('-o', 'none/launcher', 'echo');
  expect(outcome).toMatchObject({ stdout: '', status: 1 });
  expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n$/);
});

test.each(['image', 'loader', 'clock'])("does not touch a person's file OUTPUT.%s", async (suffix) => {
  const theirs = inFolder(`mine.${suffix}`);
  writeFileSync(theirs, 'mine');
  const outcome = await bind('-o', 'mine', 'echo');
  if (suffix !== 'clock') {
    expect(outcome).toMatchObject({ stdout: '', status: 1 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]*mine\.\w+: is there and is no [^\n]+\n$/);
  }
  expect(readFileSync(theirs, 'utf8')).toBe('mine');
});

/**
 * In a user namespace the kernel shows an owner that it does not know as one number. A launcher runs root's image there, and one that
 * is no longer what its bind wrote nowhere.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { expectHandOver, expectImage } from './workplace.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const isRoot = process.getuid?.() === 0;
const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const foreign = 'the image belongs to another user';
const system = findSystem('image')!;
const works = (...command: string[]): boolean =>
  spawnSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' }).status === 0;

/** How an ordinary user comes into each namespace. */
const namespaces = {
  'as its root': ['unshare', '--map-root-user'],
  'where nobody has a number': ['unshare', '--user'],
  'under the own number': ['unshare', '--map-current-user'],
} as const;

let folder: string;
let program: string;
let launcher: string;
let usual: string;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-namespace-'));
  chmodSync(folder, 0o755);
  program = path.join(folder, 'program');
  copyFileSync(testProgram('signals').path, program);
  launcher = path.join(folder, 'launcher');
  await bindProgram(program, { system, variant: 'single', output: launcher });
  usual = (await start([program])).stdout;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start([file = '', ...args]: readonly string[]): Promise<Outcome> {
  return runProgram(file, args, { env: debugging });
}

describe.each(Object.entries(namespaces))('in a namespace %s', (_, namespace) => {
  const ordinary = [...(isRoot ? nobody : []), ...namespace];

  test('the image runs', async ({ skip }) => {
    if (!works(...ordinary, 'true')) skip('no user namespaces here');
    expectImage(await start([...ordinary, launcher]), usual);
  });

  test('an equal file stands in the image’s place: handed over', async ({ skip }) => {
    if (!works(...ordinary, 'true')) skip('no user namespaces here');
    const copy = path.join(folder, 'copy');
    copyFileSync(`${launcher}.image`, copy);
    renameSync(copy, `${launcher}.image`);
    // A user's own copy is theirs where the namespace knows them.
    const isKnown = !isRoot && namespace !== namespaces['where nobody has a number'];
    const outcome = await start([...ordinary, launcher]);
    if (isKnown) expectImage(outcome, usual);
    else expectHandOver(outcome, usual, foreign);
  });

  test('the image was given to another user: handed over', async ({ skip }) => {
    if (!isRoot) skip('only root can give files away');
    if (!works(...ordinary, 'true')) skip('no user namespaces here');
    chownSync(`${launcher}.image`, 1, 1);
    expectHandOver(await start([...ordinary, launcher]), usual, foreign);
  });
});

test('the user whom the kernel takes for all unknown ones has images of its own', async ({ skip }) => {
  if (!isRoot) skip('only root can be that user');
  chownSync(`${launcher}.image`, 65534, 65534);
  expectHandOver(await start([launcher]), usual, foreign);
  expectImage(await start([...nobody, launcher]), usual);
});

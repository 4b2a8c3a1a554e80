/**
 * A program that reads /proc/self/exe finds itself there, also where the user who starts its launcher lacks the right to set that
 * link; nothing else of the process shows how it came there.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tryExeLink } from '../../src/doctor/probes.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { compileHere } from './compile.ts';
import { expectHandOver, expectImage } from './workplace.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const isRoot = process.getuid?.() === 0;
const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
/** How a start gets the rights of an ordinary user: who is one has them. */
const ordinary = isRoot ? nobody : ['env'];
const reason = 'it reads /proc/self/exe, and this user may not set that link';

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-exe-link-'));
  chmodSync(folder, 0o755);
  compileHere('exe-link', at('program'));
  compileHere('exe-link', at('fixed'), '-no-pie');
  compileHere('filtered', at('filtered'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = ([file = '', ...args]: readonly string[]) => runProgram(file, args, { env: debugging });

async function bind(name: string, form: string): Promise<string> {
  const [id = '', variant = ''] = form.split(':');
  const system = findSystem(id);
  if (!system) throw new Error(`there is no system ${id}`);
  const output = at(`${name}-${id}`);
  return (await bindProgram(at(name), { system, variant, output })).file;
}

describe.each(['image:single', 'prelink:files', 'offset-table:mask'])('%s', (form) => {
  test.each(['program', 'fixed'])('as an ordinary user: %s', async (name) => {
    const launcher = await bind(name, form);
    const { stdout } = await start([...ordinary, at(name)]);
    expect(stdout).toContain(`/proc/self/exe: ${at(name)}\n`);
    const outcome = await start([...ordinary, launcher]);
    if (tryExeLink() === undefined) expectImage(outcome, stdout);
    else expectHandOver(outcome, stdout, reason);
  });
});

describe('is handed over', () => {
  test('under a filter of system calls', async () => {
    const launcher = await bind('program', 'image:single');
    const filtered = [...ordinary, at('filtered')];
    expectHandOver(
      await start([...filtered, launcher]),
      (await start([...filtered, at('program')])).stdout,
      reason,
    );
  });

  test('where no process may be added', async ({ skip }) => {
    const none = ['prlimit', '--nproc=0', '--'];
    if (!isRoot) skip('only root leaves the users who have processes');
    const launcher = await bind('program', 'image:single');
    const last = [...none, ...nobody];
    expectHandOver(await start([...last, launcher]), (await start([...last, at('program')])).stdout, reason);
  });
});

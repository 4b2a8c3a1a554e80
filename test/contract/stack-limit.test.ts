/** Under any limit of the stack a program runs from its image, and its threads have the stack that the linker would have given them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { environment } from '../programs/build.ts';
import { runInShell } from '../run-program.ts';
import { compileHere } from './compile.ts';
import { expectHandOver } from './workplace.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
/** kB, as `ulimit -s` counts. */
const limits = [
  'ulimit -s 512',
  'ulimit -s 1024',
  'ulimit -s 8192',
  'ulimit -s 16384',
  'ulimit -s unlimited',
];
const forms = [
  ['image:single', false],
  ['image:single', true],
  ['prelink:files', false],
  ['rebase-startup:slide', false],
  ['offset-table:mask', false],
] as const;

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-stack-'));
  compileHere('stack-limit', at('small'), '-DBLOCK=64');
  compileHere('stack-limit', at('large'), `-DBLOCK=${String(1 << 20)}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bind(name: string, form: string, asInterpreter = false): Promise<string> {
  const [id = '', variant = ''] = form.split(':');
  const system = findSystem(id);
  if (!system) throw new Error(`there is no system ${id}`);
  const output = at(`${name}-${form.replace(':', '-')}${asInterpreter ? '-interpreter' : ''}`);
  return (await bindProgram(at(name), { system, variant, output, asInterpreter })).file;
}

const under = (limit: string, file: string) =>
  runInShell(`${limit} && exec "$0"`, file, [], { env: debugging });

describe.each(forms)('%s, as an interpreter: %s', (form, asInterpreter) => {
  let launcher: string;
  beforeAll(async () => {
    launcher = await bind('small', form, asInterpreter);
  });

  test.each(limits)('%s', async (limit) => {
    expect(await under(limit, launcher)).toEqual(await under(limit, at('small')));
  });

  test('a limit that is no multiple of a page', async () => {
    const command = 'exec prlimit --stack=3000001: "$0"';
    const [own, stock] = [launcher, at('small')].map((file) =>
      runInShell(command, file, [], { env: debugging }),
    );
    expect(await own).toEqual(await stock);
  });
});

test('a limit below which a thread needs more is handed over, and so is a small one with much thread-local memory', async () => {
  const [small, large] = [await bind('small', 'image:single'), await bind('large', 'image:single')];
  const reason = 'the limit of the stack is lower than this program was bound for';
  for (const [name, launcher, limit] of [
    ['small', small, 'ulimit -s 200'],
    ['large', large, 'ulimit -s 1024'],
  ] as const)
    expectHandOver(await under(limit, launcher), (await under(limit, at(name))).stdout, reason);
  for (const limit of ['ulimit -s 2048', 'ulimit -s unlimited'])
    expect(await under(limit, large)).toEqual(await under(limit, at('large')));
});

/** Binding on machines that lack something: done all the same, or refused in one line that names what is missing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../cli/linkonce.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import type { Lacks } from './poor-machine.ts';
import { runOnPoorMachine } from './poor-machine.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-poor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = testProgram('registrations').path;
const debugging = { ...environment, LINKONCE_DEBUG: '1' };

function bind(lacks: Lacks, output: string, bound = program) {
  return runOnPoorMachine(lacks, process.execPath, [main, 'bind', '-o', output, bound], { env: process.env });
}

describe('bound all the same', () => {
  test.each<[string, Lacks]>([
    ['debug registers fire', { pokeUser: 'pretends' }],
    ['there are debug registers', { pokeUser: 'EIO' }],
    ['a process may be kept on one processor', { sched_setaffinity: 'EPERM' }],
    ['/proc/PID/mem may be written to', { writeMemory: 'EIO' }],
    ['either debug registers or /proc/PID/mem', { pokeUser: 'pretends', writeMemory: 'EIO' }],
  ])('where not: %s', async (_, lacks) => {
    const output = path.join(folder, Object.entries(lacks).join('-').replaceAll(',', '-'));
    expect(await bind(lacks, output)).toMatchObject({ stderr: '', status: 0 });
    const stock = await runProgram(program, [], { env: debugging });
    expect(await runProgram(output, [], { env: debugging })).toEqual(stock);
  });
});

describe('without rseq', () => {
  const output = path.join(folder, 'no-rseq');

  test('a program starts from its image where the kernel has none either', async () => {
    expect(await bind({ rseq: 'ENOSYS' }, output)).toMatchObject({ stderr: '', status: 0 });
    const run = (file: string) => runOnPoorMachine({ rseq: 'ENOSYS' }, file, [], { env: debugging });
    expect(await run(output)).toEqual(await run(program));
  });

  test('and through its linker where the kernel has it', async () => {
    const { stdout, stderr } = await runProgram(output, [], { env: debugging });
    expect(stderr).toContain('handed over');
    expect(stdout).toBe((await runProgram(program, [], { env: debugging })).stdout);
  });
});

test.each<[string, Lacks, RegExp]>([
  [
    'stop a program',
    { pokeUser: 'pretends', writeMemory: 'EIO', pokeData: 'EIO' },
    /^linkonce: .*lets no tracer write to the memory of a traced program .*\n$/,
  ],
  ['trace', { ptrace: 'EPERM' }, /^linkonce: this machine does not permit ptrace: see `linkonce doctor`\n$/],
])('where no process can %s, one line says so', async (_, lacks, words) => {
  const outcome = await bind(lacks, path.join(folder, 'refused'));
  expect(outcome).toMatchObject({ stdout: '', status: 1 });
  expect(outcome.stderr).toMatch(words);
});

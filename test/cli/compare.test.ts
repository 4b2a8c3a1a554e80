/** `compare` with several programs, from the command line to the report and the JSON. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readFrames } from '../../src/measure/page-frames.ts';
import { readJson } from '../../src/report/json.ts';
import { runProgram } from '../run-program.ts';
import type { Lacks } from '../machine/poor-machine.ts';
import { runOnPoorMachine } from '../machine/poor-machine.ts';
import { linkonce, main } from './linkonce.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-compare-'));
const json = path.join(folder, 'measurement.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string): string {
  const file = path.join(folder, 'workload');
  writeFileSync(file, text);
  return file;
}

const quick = ['--systems', 'got-plt:lazy', '--runs', '2', '--counts', '1', '--no-calls', '--json', json];

describe('compare', () => {
  test('takes programs by options, in their order', async () => {
    const programs = ['--program', '2x true', '--program', "env 'a b=1' true"];
    const outcome = await linkonce(['compare', ...quick, '--processes', '3', ...programs]);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    const measurement = await readJson(json);
    expect(measurement.programs.map(({ arguments: args, processes }) => [args, processes])).toEqual([
      [[], 2],
      [['a b=1', 'true'], 3],
    ]);
    expect(measurement.workload).toMatchObject([{ status: 'measured', programs: [0, 1] }]);
    expect(outcome.stdout).toContain('2 of true and 3 of env alive at once');
    expect(Math.max(...outcome.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('takes programs from a file, and builds one that stands there twice once', async () => {
    const file = write('# two ways\n\nenv -i true\n1x env true\n');
    const outcome = await linkonce(['compare', ...quick, '--workload', file]);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    const [workload] = (await readJson(json)).workload;
    if (workload?.status !== 'measured') throw new Error('the workload has no figures');
    expect(workload.processes.map(({ program }) => program)).toEqual([0, 0, 0, 0, 1]);
    // One program that is run in two ways shares nothing with another.
    expect(workload.frames?.severalProgramsKb ?? 0).toBe(0);
  });

  test.each([
    ['true\nls "x\n', /^linkonce: [^\n]+workload:2: the quote " is not closed\n$/],
    ['\n# nothing\n', /^linkonce: [^\n]+workload: has no program in it\n$/],
    ['true\nno-such-program-anywhere\n', /^linkonce: [^\n]*no-such-program-anywhere[^\n]*\n$/],
  ])('says in one line what is wrong with %j', async (text, message) => {
    const outcome = await linkonce(['compare', ...quick, '--workload', write(text)]);
    expect(outcome).toMatchObject({ status: 1, stdout: '' });
    expect(outcome.stderr).toMatch(message);
  });

  test.each<[string, Lacks, RegExp]>([
    ['traced', { ptrace: 'EPERM' }, /does not permit ptrace/],
    [
      'stopped',
      { pokeUser: 'pretends', writeMemory: 'EIO', pokeData: 'EIO' },
      /lets no tracer write to the memory/,
    ],
  ])('where nothing can be %s it says so first, and advises nothing', async (_, lacks, cause) => {
    const systems = ['--systems', 'got-plt,image', '--quick', '--no-calls'];
    const command = [main, 'compare', ...systems, '--program', 'true', '--program', 'ls'];
    const settings = { env: process.env, cwd: folder };
    const outcome = await runOnPoorMachine(lacks, process.execPath, command, settings);
    expect(outcome.stdout).toMatch(/^Nothing could be bound here/);
    expect(outcome.stdout.replaceAll(/\s+/g, ' ')).toMatch(cause);
    expect(outcome.stdout).not.toContain('Which system for you');
  });

  test('leaves page frames out where the kernel hides them, and says so', async ({ skip }) => {
    if (readFrames([process.pid]) === undefined) skip('the kernel hides them here anyway');
    const command = [process.execPath, main, 'compare', ...quick, '--program', 'true', '--program', 'ls'];
    const without = ['--bounding-set=-sys_admin', '--inh-caps=-sys_admin', ...command];
    const outcome = await runProgram('/usr/bin/setpriv', without, { env: process.env, cwd: folder });
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    const { workload, warnings } = await readJson(json);
    expect(workload[0]).toMatchObject({ status: 'measured' });
    expect(workload[0]).not.toHaveProperty('frames');
    expect(warnings.map(({ kind }) => kind)).toContain('frames-hidden');
    expect(outcome.stdout).toContain('frames-hidden: ');
  });
});

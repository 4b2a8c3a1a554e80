/** The weight of processes against programs that dirty a known number of pages, at each moment. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Weight } from '../../src/measure/memory.ts';
import { weighProcesses } from '../../src/measure/memory.ts';
import type { MomentSettings } from '../../src/measure/moment.ts';
import { typicalMemory } from '../../src/measure/combine-memory.ts';
import type { Command } from '../../src/measure/stopwatch.ts';
import { compileProgram, dirtySource } from './compile.ts';
import { patienceMs } from '../patience.ts';

const dirty = compileProgram('weighed-dirty', dirtySource);
const pageKb = 4;
/** The stack begins at a random place: the same work dirties a page of it more or less. */
const tolerance = 3 * pageKb;
const settings = { limitMs: patienceMs } as const;

function dirtying(pages: number, ...more: string[]): Command {
  return { file: dirty, argv: [dirty, String(pages), ...more], environment: { LC_ALL: 'C' } };
}

/** Three processes of one command. */
async function weighThree(command: Command, how: MomentSettings): Promise<Weight> {
  const { weights } = await weighProcesses([{ command, program: command.file, processes: 3 }], how);
  return weights[0]!;
}

const typicalKb = ({ processes }: Weight): number => typicalMemory(processes).privateKb;

function expectApart(one: Weight, two: Weight, kb: number): void {
  const apart = typicalKb(two) - typicalKb(one);
  expect(Math.abs(apart - kb)).toBeLessThanOrEqual(tolerance);
}

function countProcesses(text: string): number {
  const lines = execFileSync('ps', ['-eo', 'args']).toString().split('\n');
  return lines.filter((line) => line.includes(text)).length;
}

describe('weighProcesses', () => {
  it('at the exit sees the pages that a program dirtied', async () => {
    const weighed = { ...settings, moment: 'exit' } as const;
    const one = await weighThree(dirtying(1000), weighed);
    const two = await weighThree(dirtying(2000), weighed);
    expectApart(one, two, 1000 * pageKb);
    expect(one.processes).toHaveLength(3);
    expect(one.didNotEnd || one.endedEarly || one.executedAnother).toBe(false);
  });

  it('at the entry sees none of them', async () => {
    const weighed = { ...settings, moment: 'entry' } as const;
    const one = await weighThree(dirtying(1000), weighed);
    const two = await weighThree(dirtying(2000), weighed);
    expectApart(one, two, 0);
    expect(typicalKb(one)).toBeLessThan(500);
  });

  it('after some seconds sees a process that goes on', async () => {
    const weighed = { ...settings, moment: 0.3 } as const;
    const one = await weighThree(dirtying(1000, 'wait'), weighed);
    const two = await weighThree(dirtying(2000, 'wait'), weighed);
    expectApart(one, two, 1000 * pageKb);
    expect(two.endedEarly).toBe(false);
  });

  it('says that a process ended before its seconds had passed', async () => {
    const weight = await weighThree(dirtying(1), { ...settings, moment: 30 });
    expect(weight.endedEarly).toBe(true);
  });

  it('looks at a process that does not end at the limit, and says so', async () => {
    const weight = await weighThree(dirtying(1000, 'wait'), {
      ...settings,
      moment: 'exit',
      limitMs: 300,
    });
    expect(weight.didNotEnd).toBe(true);
    expect(typicalKb(weight)).toBeGreaterThan(1000 * pageKb);
  });

  it('leaves no process behind, nor what it started', async () => {
    const nap = '62.0625';
    const file = '/bin/sh';
    const command = { file, argv: ['sh', '-c', `sleep ${nap} & sleep ${nap}`], environment: {} };
    await weighThree(command, { ...settings, moment: 0.5 });
    await weighThree(dirtying(7, 'wait'), { ...settings, moment: 0.1 });
    expect(countProcesses(`sleep ${nap}`)).toBe(0);
    expect(countProcesses(dirty)).toBe(0);
  });

  it('agrees with the maps of a process that reads its own', async () => {
    const file = '/bin/cat';
    const own = execFileSync(file, ['/proc/self/maps'], { env: { LC_ALL: 'C' } }).toString();
    const command = { file, argv: [file, '/proc/self/maps'], environment: { LC_ALL: 'C' } };
    const { processes } = await weighThree(command, { ...settings, moment: 'exit' });
    expect(Math.abs(typicalMemory(processes).mappings - (own.split('\n').length - 1))).toBeLessThanOrEqual(1);
  });

  it('notices that a process executed another program', async () => {
    const command = { file: '/usr/bin/env', argv: ['env', '/bin/true'], environment: {} };
    const weight = await weighThree(command, { ...settings, moment: 'exit' });
    expect(weight.executedAnother).toBe(true);
  });

  it('passes the program’s own signals on', async () => {
    const script = 'trap "exit 0" USR1; kill -USR1 $$; sleep 60';
    const command = { file: '/bin/sh', argv: ['sh', '-c', script], environment: {} };
    const weight = await weighThree(command, { ...settings, moment: 'exit' });
    expect(weight.didNotEnd).toBe(false);
  });

  it('refuses a program that cannot be executed', async () => {
    const command = { file: '/proc/nonexistent/program', argv: ['program'], environment: {} };
    await expect(weighThree(command, { ...settings, moment: 'exit' })).rejects.toThrow('cannot be executed');
  });
});

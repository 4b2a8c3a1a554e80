/** The stopwatch against programs whose time, faults and ends are known. Bounds are loose: other work shares the machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { median } from '../../src/measure/statistics.ts';
import type { Command } from '../../src/measure/stopwatch.ts';
import { timeCommands } from '../../src/measure/stopwatch.ts';
import { busySource, compileProgram, dirtySource } from './compile.ts';
import { patienceMs } from '../patience.ts';

const busy = compileProgram('busy', busySource);
const dirty = compileProgram('dirty', dirtySource);
const settings = { warmUpRounds: 1, rounds: 7, limitMs: patienceMs };

function command(file: string, ...args: string[]): Command {
  return { file, argv: [file, ...args], environment: { LC_ALL: 'C' } };
}

describe('the stopwatch', () => {
  it('tells a program that works for 20 ms from one that does nothing', async () => {
    const [nothing, work] = await timeCommands([command('/bin/true'), command(busy, '20')], settings);
    const [short, long] = [nothing!, work!].map(({ counted }) => median(counted.map(({ ns }) => ns / 1e6)));
    expect(short).toBeGreaterThan(0.1);
    expect(long).toBeGreaterThan(20);
    expect(long! - short!).toBeGreaterThan(15);
  });

  it('interleaves the rounds and numbers those of warm-up below 0', async () => {
    const rounds: number[] = [];
    const commands = [command('/bin/true'), command('/bin/true')];
    const onRound = (round: number): void => void rounds.push(round);
    const runs = await timeCommands(commands, { ...settings, warmUpRounds: 2, rounds: 3 }, { onRound });
    expect(rounds).toEqual([-2, -1, 0, 1, 2]);
    for (const { warmUp, counted } of runs) {
      expect(warmUp.map(({ round }) => round)).toEqual([-2, -1]);
      expect(counted.map(({ round }) => round)).toEqual([0, 1, 2]);
    }
  });

  it('begins each round with a run of the first command that does not count', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-stopwatch-'));
    try {
      const noting = (name: string) => command('/bin/sh', '-c', `echo ${name} >> ${folder}/order`);
      await timeCommands([noting('a'), noting('b')], { ...settings, rounds: 2 });
      expect(readFileSync(path.join(folder, 'order'), 'utf8')).toBe('a\na\nb\n'.repeat(3));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('counts the faults that the program counts itself', async () => {
    const said = Number(execFileSync(dirty, ['500'], { env: { LC_ALL: 'C' } }).toString());
    const [few, many] = await timeCommands([command(dirty, '500'), command(dirty, '1500')], settings);
    const [minor500, minor1500] = [few!, many!].map(({ counted }) =>
      median(counted.map(({ minorFaults }) => minorFaults)),
    );
    // Node forks, and what the child writes to before its execve(2) counts too; the stopwatch's vfork(2) copies nothing.
    expect(minor500).toBeGreaterThan(Math.max(500, said - 150));
    expect(minor500).toBeLessThan(said + 25);
    expect(Math.abs(minor1500! - minor500! - 1000)).toBeLessThan(25);
  });

  it('reports how each run ended', async () => {
    const commands = [
      command('/bin/sh', '-c', 'exit 3'),
      command('/bin/sh', '-c', 'kill -11 $$'),
      command('/proc/nonexistent/program'),
    ];
    const runs = await timeCommands(commands, { ...settings, warmUpRounds: 0, rounds: 1 });
    expect(runs.map(({ counted }) => counted[0]?.end)).toEqual([
      { kind: 'exit', status: 3 },
      { kind: 'signal', signal: 11 },
      { kind: 'failed', errno: 2 },
    ]);
  });

  it('kills a run at its limit, and what that had started', async () => {
    const nap = '61.0625';
    const commands = [command('/bin/sh', '-c', `sleep ${nap} & sleep ${nap}`)];
    const [runs] = await timeCommands(commands, { warmUpRounds: 0, rounds: 2, limitMs: 200 });
    for (const { end, ns } of runs!.counted) {
      expect(end).toEqual({ kind: 'timeout' });
      expect(ns / 1e6).toBeGreaterThan(199);
    }
    expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(`sleep ${nap}`);
  });

  it('passes arguments and environment on exactly', async () => {
    const test = 'test "$1" = "two  words" && test "$NAME" = "a=b" && test "$#" = 2 && test -z "$HOME"';
    const argv = ['sh', '-c', test, 'sh', 'two  words', ''];
    const commands = [{ file: '/bin/sh', argv, environment: { NAME: 'a=b' } }];
    const [runs] = await timeCommands(commands, { ...settings, rounds: 1 });
    expect(runs!.counted[0]?.end).toEqual({ kind: 'exit', status: 0 });
  });

  it('refuses an argument with a NUL', async () => {
    await expect(timeCommands([command('/bin/true', 'a\0b')], settings)).rejects.toThrow('NUL');
  });
});

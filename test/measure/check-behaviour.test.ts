/** Programs that do the same, something else, or something else every time. */
import { describe, expect, it } from 'vitest';
import { checkBehaviour } from '../../src/measure/check-behaviour.ts';
import type { Command } from '../../src/measure/stopwatch.ts';
import { patienceMs } from '../patience.ts';

function shell(script: string): Command {
  return { file: '/bin/sh', argv: ['sh', '-c', script], environment: {} };
}

async function check(reference: string, other: string, limitMs = patienceMs) {
  return checkBehaviour(shell(reference), [{ name: 'other', command: shell(other) }], limitMs);
}

describe('checkBehaviour', () => {
  it('has nothing to say of a program that does the same', async () => {
    const report = await check('echo a; echo b >&2; exit 4', 'echo a; echo b >&2; exit 4');
    expect(report).toEqual({ ends: true, warnings: [], failures: new Map() });
  });

  it('names the streams that differ', async () => {
    const { warnings } = await check('echo a; echo b >&2', 'echo a; echo c >&2');
    expect(warnings).toEqual([{ kind: 'output-differs', message: "other: stderr not the program's" }]);
  });

  it('tells another exit status from a crash', async () => {
    const other = await check('exit 0', 'exit 1');
    expect(other.warnings.map(({ kind }) => kind)).toEqual(['exit-status']);
    const crash = await check('exit 0', 'kill -SEGV $$');
    expect(crash.failures.get('other')).toBe('ends with SIGSEGV, the program with status 0');
  });

  it('does not compare what the program itself does differently every time', async () => {
    const { warnings } = await check('echo $$', 'echo $$');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain('two ordinary runs differ in stdout: not compared');
  });

  it('says that a program does not end by itself', async () => {
    const report = await check('sleep 63', 'true', 200);
    expect(report.ends).toBe(false);
    expect(report.warnings.map(({ kind }) => kind)).toEqual(['did-not-end']);
  });

  it('counts an image that lingers where the program ends as failed', async () => {
    const report = await check('true', 'sleep 63', 200);
    expect([...report.failures.keys()]).toEqual(['other']);
  });
});

/** A comparison that is ended amid its runs, by force or politely, and goes on from its journal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Measurement } from '../../src/measure/measurement.ts';
import { readJournal } from '../../src/report/journal-file.ts';
import { readJson } from '../../src/report/json.ts';
import { packageRoot } from '../../src/util/native.ts';
import { linkonce } from './linkonce.ts';
import { patienceMs } from '../patience.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a killed run leaves goes with the folder. */
const environment = { ...process.env, TMPDIR: folder };
const runs = 12;
const json = path.join(folder, 'measurement.json');

function commandOf(journal: string, count = runs): string[] {
  const chosen = ['--systems', 'got-plt,prelink', '--counts', '1,2', '--no-calls', '--processes', '2'];
  const files = ['--journal', journal, '--json', json];
  return ['compare', ...chosen, '--runs', String(count), ...files, 'sleep', '0.02'];
}

/** Starts a comparison and sends it a signal when its journal has so many timed runs. */
async function endAfter(timedRuns: number, signal: NodeJS.Signals, journal: string) {
  const main = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
  const child = spawn(process.execPath, [main, ...commandOf(journal)], { env: environment, cwd: folder });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await vi.waitUntil(() => runsIn(journal) >= timedRuns, { timeout: patienceMs, interval: 2 });
  child.kill(signal);
  const [status, by] = await ended;
  return { status, by, stdout };
}

function runsIn(journal: string): number {
  return existsSync(journal) ? (readFileSync(journal, 'utf8').match(/"step":"run".*\n/g) ?? []).length : 0;
}

/** ms, of each candidate by the journal’s order. */
function samplesIn(journal: string): ReadonlyMap<string, readonly number[]> {
  const samples = new Map<string, number[]>();
  for (const entry of readJournal(journal).entries)
    if (entry.step === 'run')
      samples.set(entry.candidate, [...(samples.get(entry.candidate) ?? []), entry.run.ns / 1e6]);
  return samples;
}

function samplesOf({ programs }: Measurement): ReadonlyMap<string, readonly number[]> {
  return new Map(
    programs[0]!.results.map((result) => [
      `${result.system} ${result.variant}`,
      result.status === 'measured' ? result.samplesMs : [],
    ]),
  );
}

/** Nothing that was kept was measured again, and nothing is missing. */
async function expectGoneOn(journal: string, before: Buffer, whole: number): Promise<void> {
  const outcome = await linkonce(commandOf(journal), { env: environment, cwd: folder });
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(journal).subarray(0, whole)).toEqual(before.subarray(0, whole));
  expect(runsIn(journal)).toBe(3 * runs);
  const measurement = await readJson(json);
  expect(samplesOf(measurement)).toEqual(samplesIn(journal));
  for (const [, samples] of samplesIn(journal)) expect(samples).toHaveLength(runs);
  expect(measurement.warnings.map(({ kind }) => kind)).toContain('resumed');
  expect(measurement.date).toBe(readJournal(journal).head.date);
  const rounds = readJournal(journal).entries.flatMap((entry) =>
    entry.step === 'run' ? [entry.run.round] : [],
  );
  expect(new Set(rounds).size).toBe(runs);
}

/** The command lines of the processes that a process has started. */
function commandsOf(pid: number): string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.map((child) => {
    const file = `/proc/${child}/cmdline`;
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  });
}

describe('a run that is ended', () => {
  test('by SIGKILL goes on with its samples, though the last line is torn', async () => {
    const journal = path.join(folder, 'killed');
    const { by } = await endAfter(10, 'SIGKILL', journal);
    expect(by).toBe('SIGKILL');
    const { size } = readJournal(journal);
    appendFileSync(journal, '{"step":"run","program":0,"cand');
    const before = readFileSync(journal);
    expect(runsIn(journal)).toBeLessThan(3 * runs);
    await expectGoneOn(journal, before, size);
  });

  test('by SIGINT says what is not run, and goes on another time', async () => {
    const journal = path.join(folder, 'interrupted');
    const { status, stdout } = await endAfter(10, 'SIGINT', journal);
    expect(status).toBe(130);
    expect(stdout).toMatch(
      /^got-plt lazy, got-plt now and prelink files not run: the run was stopped before$/m,
    );
    expect(stdout).toMatch(/^stopped: /m);
    const { programs, warnings, workload } = await readJson(json);
    for (const result of [...programs[0]!.results, ...workload]) expect(result.status).toBe('not-run');
    expect(warnings.map(({ kind }) => kind)).toContain('stopped');
    const before = readFileSync(journal);
    expect(runsIn(journal)).toBeLessThan(3 * runs);
    await expectGoneOn(journal, before, before.length);
  });

  test('and was another one is refused in one line', async () => {
    const outcome = await linkonce(commandOf(path.join(folder, 'killed'), runs + 1), { env: environment });
    expect(outcome).toMatchObject({ status: 1, stdout: '' });
    expect(outcome.stderr).toMatch(
      /^linkonce: \S+: is the journal of another run: the settings differ: runs 12 then, runs 13 now\n$/,
    );
  });

  test('twice ends at once, amid a step', async () => {
    const main = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
    const output = path.join(folder, 'never.json');
    const args = ['compare', '--systems', 'got-plt:lazy', '--no-calls', '--json', output, 'sleep', '20'];
    const child = spawn(process.execPath, [main, ...args], { env: environment, cwd: folder });
    const ended = once(child, 'close');
    await vi.waitUntil(
      () => commandsOf(child.pid!).some((command) => command.endsWith('sleep\0\x32\x30\0')),
      {
        timeout: patienceMs,
        interval: 10,
      },
    );
    child.kill('SIGTERM');
    const [said] = (await once(child.stderr, 'data')) as [Buffer];
    expect(said.toString()).toMatch(/^linkonce: ends after this step/);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(existsSync(output)).toBe(false);
  });

  test('can be looked at', async () => {
    const { stdout, status } = await linkonce(['inspect', path.join(folder, 'killed')]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^kind: journal$/m);
    expect(stdout).toMatch(new RegExp(`^ {2}step run, prelink files, times ${runs}$`, 'm'));
  });
});

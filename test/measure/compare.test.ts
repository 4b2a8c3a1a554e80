/** compareImages as a whole, on programs that stand for images. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareImages } from '../../src/measure/compare.ts';
import { findSuspicions } from '../../src/measure/suspicions.ts';
import { estimateMedian } from '../../src/measure/statistics.ts';
import { busySource, compileProgram } from './compile.ts';

const busy = compileProgram('compared-busy', busySource);
const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-compare-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const image = (file: string, files: readonly string[] = []) => ({ file, files, environment: {}, notes: [] });
const settings = { runs: 5, processes: 2, moment: 'exit', timed: true, warmUpRounds: 1 } as const;
const program = { path: busy, arguments: ['15'], modules: 2 };

/** An image that uses the processor as long as asked whatever its arguments are. */
function launcher(name: string, script: string): string {
  const file = path.join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

describe('compareImages', () => {
  it('measures what can be measured, and keeps refusals and failures apart', async () => {
    const data = path.join(directory, 'data');
    writeFileSync(data, Buffer.alloc(64 * 1024, 1));
    const steps: string[] = [];
    const measurement = await compareImages(
      program,
      [
        { system: 'got-plt', variant: 'lazy', image: image(busy), bindMs: 0 },
        { system: 'image', variant: 'same', image: image(busy, [data]), bindMs: 12 },
        { system: 'fixed', variant: 'plain', status: 'refused', reason: 'its range is taken' },
        { system: 'prelink', variant: 'plain', image: image(launcher('crash', 'kill -SEGV $$')), bindMs: 1 },
      ],
      settings,
      (step) => steps.push(step),
    );
    const [base, same, refused, crashed] = measurement.results;
    expect(base).toMatchObject({ status: 'measured', diskKb: 0, startupRatio: { median: 1 } });
    expect(same).toMatchObject({ status: 'measured', diskKb: 64, bindMs: 12 });
    expect(refused).toMatchObject({ status: 'refused', reason: 'its range is taken' });
    expect(crashed).toMatchObject({ status: 'failed' });
    expect(steps).toContain('timing, round 5 of 5');
    expect(measurement.warnings.map(({ kind }) => kind)).toContain('few-runs');
    if (base?.status !== 'measured') return;
    expect(base.samplesMs).toHaveLength(5);
    expect(base.startupMs?.median).toBeGreaterThan(15);
  });

  it('does not take a launcher that handed over for an image', async () => {
    const subjects = [
      { system: 'got-plt', variant: 'lazy', image: image(busy), bindMs: 0 },
      { system: 'image', variant: 'stale', image: image(launcher('over', `exec ${busy} "$@"`)), bindMs: 1 },
    ];
    const { results } = await compareImages(program, subjects, { ...settings, timed: false });
    expect(results[1]).toMatchObject({ status: 'failed' });
    expect(results[1]?.status === 'failed' && results[1].reason).toContain('handed over');
  });

  it('weighs a program that does not end, without timing it', async () => {
    const endless = { path: '/bin/sleep', arguments: ['64'], modules: 2 };
    const subjects = [{ system: 'got-plt', variant: 'lazy', image: image('/bin/sleep'), bindMs: 0 }];
    const measurement = await compareImages(endless, subjects, { ...settings, limitMs: 300 });
    expect(measurement.settings.timed).toBe(false);
    expect(measurement.results[0]).toMatchObject({ status: 'measured', samplesMs: [] });
    expect(measurement.results[0]).not.toHaveProperty('startupMs');
    expect(measurement.warnings.map(({ kind }) => kind)).toEqual(['did-not-end', 'did-not-end']);
  });
});

describe('findSuspicions', () => {
  const series = (samplesMs: readonly number[]) => [
    { name: 'one', samplesMs, estimate: estimateMedian(samplesMs) },
  ];
  const kinds = (samplesMs: readonly number[]) => findSuspicions(series(samplesMs)).map(({ kind }) => kind);
  const calm = Array.from({ length: 20 }, (_, index) => 10 + (index % 5) / 50);

  it('has none of calm samples', () => {
    expect(kinds(calm)).toEqual([]);
  });
  it('knows too few runs', () => {
    expect(kinds(calm.slice(0, 9))).toEqual(['few-runs']);
  });
  it('knows a wide interval', () => {
    expect(kinds(calm.map((value, index) => value * (1 + (index % 3))))).toContain('noisy');
  });
  it('knows a first run unlike the others', () => {
    expect(kinds([100, ...calm])).toEqual(['first-run']);
  });
  it('knows many disturbed runs', () => {
    expect(kinds([...calm, 100, 120, 90])).toEqual(['noisy']);
  });
});

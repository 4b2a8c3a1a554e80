/** compareImages as a whole, on programs that stand for images. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareImages } from '../../src/measure/compare.ts';
import type { Measurement } from '../../src/measure/measurement.ts';
import { findFewRuns, findSuspicions } from '../../src/measure/suspicions.ts';
import { estimateMedian } from '../../src/measure/statistics.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { busySource, compileProgram } from './compile.ts';

function imageSystem() {
  const system = findSystem('image');
  if (!system) throw new Error('there is no system image');
  return { system, variant: 'single' };
}

const busy = compileProgram('compared-busy', busySource);
const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-compare-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const image = (file: string, files: readonly string[] = []) => ({ file, files, environment: {}, notes: [] });
const settings = { runs: 5, moment: 'exit', timed: true, warmUpRounds: 1 } as const;
const program = { path: busy, arguments: ['15'], modules: 2, processes: 2 };

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
    const subjects = [
      { system: 'got-plt', variant: 'lazy', image: image(busy), bindMs: 0 },
      { system: 'image', variant: 'same', image: image(busy, [data]), bindMs: 12 },
      { system: 'fixed', variant: 'plain', status: 'refused', reason: 'its range is taken' },
      { system: 'prelink', variant: 'plain', image: image(launcher('crash', 'kill -SEGV $$')), bindMs: 1 },
    ] as const;
    const measurement = await compareImages([{ ...program, subjects }], settings, (step) => steps.push(step));
    const [base, same, refused, crashed] = measurement.programs[0]!.results;
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
    const { programs } = await compareImages([{ ...program, subjects }], { ...settings, timed: false });
    const { results } = programs[0]!;
    expect(results[1]).toMatchObject({ status: 'failed' });
    expect(results[1]?.status === 'failed' && results[1].reason).toContain('handed over');
  });

  it('says of each launcher why it handed over, as it says itself, and of all once', async () => {
    const bind = async (name: string) => {
      const stale = path.join(directory, name);
      const bound = await bindProgram('true', { ...imageSystem(), output: stale });
      truncateSync(`${stale}.image`, 100);
      return bound;
    };
    const subjects = [
      { system: 'got-plt', variant: 'lazy', image: image('/usr/bin/true'), bindMs: 0 },
      { system: 'image', variant: 'stale', image: await bind('stale'), bindMs: 1 },
      { system: 'image', variant: 'too', image: await bind('too'), bindMs: 1 },
    ];
    const subject = { path: '/usr/bin/true', arguments: [], modules: 2, processes: 2, subjects };
    const steps: string[] = [];
    const measurement = await compareImages([subject], settings, (step) => steps.push(step));
    const { results } = measurement.programs[0]!;
    for (const result of results.slice(1))
      expect(result).toMatchObject({
        status: 'failed',
        reason: expect.stringMatching(
          /handed over .*: the image is truncated, which came about during the run/,
        ) as unknown,
      });
    expect(results[0]).toMatchObject({ status: 'measured', samplesMs: { length: 5 } });
    expect(steps.join('\n')).not.toMatch(/(what the program does|weighing).*(stale|too)/);
    const warnings = measurement.warnings.filter(({ kind }) => kind === 'handed-over');
    expect(warnings).toEqual([
      {
        kind: 'handed-over',
        message: expect.stringMatching(/^2 of 2 launchers handed over .*: the image is truncated/) as unknown,
      },
    ]);
  });

  it('weighs a program that does not end, without timing it', async () => {
    const subjects = [{ system: 'got-plt', variant: 'lazy', image: image('/bin/sleep'), bindMs: 0 }];
    const endless = { path: '/bin/sleep', arguments: ['64'], modules: 2, processes: 1, subjects };
    const measurement = await compareImages([endless], { ...settings, limitMs: 300 });
    const { timed, results } = measurement.programs[0]!;
    expect(timed).toBe(false);
    expect(results[0]).toMatchObject({ status: 'measured', samplesMs: [] });
    expect(results[0]).not.toHaveProperty('startupMs');
    expect(ownKinds(measurement)).toEqual(['did-not-end', 'did-not-end']);
  });

  it('weighs one program once: its processes are the workload', async () => {
    const subjects = [{ system: 'got-plt', variant: 'lazy', image: image(busy), bindMs: 0 }];
    const measurement = await compareImages([{ ...program, subjects }], { ...settings, timed: false });
    const [workload] = measurement.workload;
    if (workload?.status !== 'measured') throw new Error('the workload has no figures');
    const [result] = measurement.programs[0]!.results;
    expect(workload.programs).toEqual([0]);
    expect(workload.processes).toHaveLength(2);
    const sum = workload.processes.reduce((total, { privateKb }) => total + privateKb, 0);
    expect(workload.privateKb).toBe(sum);
    expect(result).toMatchObject({ privateKb: sum / 2, mappings: workload.mappings / 2 });
  });
});

describe('compareImages of several programs', () => {
  const head = { system: 'image', variant: 'same' };
  const base = { system: 'got-plt', variant: 'lazy' };
  const quick = { ...program, arguments: ['1'], processes: 3 };

  it('interleaves all, and weighs all together', async () => {
    const other = { ...program, path: '/bin/true', arguments: [], processes: 1 };
    const measurement = await compareImages(
      [
        { ...quick, subjects: [{ ...base, image: image(busy), bindMs: 0 }] },
        { ...other, subjects: [{ ...base, image: image('/bin/true'), bindMs: 0 }] },
      ],
      settings,
    );
    for (const { timed, results } of measurement.programs) {
      expect(timed).toBe(true);
      expect(results[0]).toMatchObject({ status: 'measured', startupRatio: { median: 1 } });
    }
    const [workload] = measurement.workload;
    expect(workload).toMatchObject({ status: 'measured', programs: [0, 1] });
    const counts = workload?.status === 'measured' && workload.processes.map(({ program: of }) => of);
    expect(counts).toEqual([0, 0, 0, 1]);
  });

  it('goes on without a program that is refused, crashes or hands over under a system, and says why', async () => {
    const over = image(launcher('over-again', `exec ${busy} "$@"`));
    const crash = image(launcher('crash-again', 'kill -SEGV $$'));
    const subjectsOf = (subject: object) => [
      { ...base, image: image(busy), bindMs: 0 },
      { ...head, ...(subject as { image: ReturnType<typeof image>; bindMs: number }) },
    ];
    const measurement = await compareImages(
      [
        { ...quick, subjects: subjectsOf({ image: image(busy), bindMs: 1 }) },
        { ...quick, subjects: subjectsOf({ status: 'refused', reason: 'not this one' }) },
        { ...quick, subjects: subjectsOf({ image: crash, bindMs: 1 }) },
        { ...quick, subjects: subjectsOf({ image: over, bindMs: 1 }) },
      ],
      settings,
    );
    const [whole, partial] = measurement.workload;
    expect(whole).toMatchObject({ status: 'measured', programs: [0, 1, 2, 3] });
    expect(partial).toMatchObject({ status: 'measured', programs: [0] });
    const reasons = measurement.programs.map(({ results }) => {
      const result = results[1]!;
      return result.status === 'measured' ? '' : `${result.status}: ${result.reason}`;
    });
    expect(reasons[0]).toBe('');
    expect(reasons[1]).toBe('refused: not this one');
    expect(reasons[2]).toContain('failed: ends with SIGSEGV');
    expect(reasons[3]).toContain('failed: its launcher handed over');
  });

  it('says once that processes ended before their moment', async () => {
    const subjects = [{ ...base, image: image('/bin/true'), bindMs: 0 }];
    const early = { path: '/bin/true', arguments: [], modules: 2, processes: 1, subjects };
    const { warnings } = await compareImages([early, early], { runs: 1, moment: 0.3, timed: false });
    expect(warnings.filter(({ kind }) => kind === 'ended-early').map(({ program: of }) => of)).toEqual([
      0, 1,
    ]);
  });

  it('has no figures of a system that serves none', async () => {
    const subjects = [{ ...head, status: 'refused', reason: 'not this one' } as const];
    const measurement = await compareImages(
      [
        { ...quick, subjects },
        { ...quick, subjects },
      ],
      { ...settings, timed: false },
    );
    expect(measurement.workload).toMatchObject([{ ...head, status: 'refused' }]);
  });

  it('says which program a doubt is about', async () => {
    const subjects = [{ ...base, image: image('/bin/sh'), bindMs: 0 }];
    const shell = { path: '/bin/sh', modules: 2, processes: 1, subjects };
    const calm = { ...shell, arguments: ['-c', 'exit 0'] };
    const fickle = { ...shell, arguments: ['-c', 'echo $$'] };
    const { warnings } = await compareImages([calm, fickle], settings);
    expect(warnings.filter(({ kind }) => kind === 'output-differs')).toMatchObject([{ program: 1 }]);
    expect(warnings.filter(({ kind }) => kind === 'few-runs')).toEqual([
      { kind: 'few-runs', message: '5 runs of each: the intervals mean little below 10' },
    ]);
  });
});

/** Of the warnings about a program: the others depend on what the machine permits. */
function ownKinds({ warnings }: Measurement): string[] {
  return warnings.filter((warning) => warning.program !== undefined).map(({ kind }) => kind);
}

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
    expect(kinds(calm.slice(0, 9))).toEqual([]);
    expect(findFewRuns([...series(calm), ...series(calm.slice(0, 9))]).map(({ kind }) => kind)).toEqual([
      'few-runs',
    ]);
    expect([findFewRuns(series(calm)), findFewRuns([])]).toEqual([[], []]);
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

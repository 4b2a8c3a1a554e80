/** `--csv`, read by Python's own reader. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Measurement } from '../../src/measure/measurement.ts';
import { writeCsv } from '../../src/report/csv-file.ts';
import { parseCsv, renderCsv, renderSamples } from '../../src/report/csv.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { measurementSchema } from '../../src/report/schema.ts';
import { sampleCalls } from './sample-calls.ts';
import { severalSample, untimedSample } from './sample.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-csv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** By column. */
async function readByPython(measurement: Measurement): Promise<readonly Record<string, string>[]> {
  const file = path.join(folder, 'measurement.csv');
  await writeCsv(measurement, file);
  const script =
    'import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline=""), strict=True))))';
  return JSON.parse(execFileSync('python3', ['-c', script, file]).toString()) as Record<string, string>[];
}

describe('renderCsv', () => {
  it('has a row for each program and system, with every figure and its interval', async () => {
    const rows = await readByPython({ ...severalSample, calls: sampleCalls });
    const results = severalSample.programs.flatMap(({ results: own }) => own);
    expect(rows.map(({ system, variant, status }) => [system, variant, status])).toEqual(
      results.map(({ system, variant, status }) => [system, variant, status]),
    );
    results.forEach((result, index) => {
      const row = rows[index]!;
      if (result.status !== 'measured') {
        expect(row.reason).toBe(result.reason);
        expect(row).toMatchObject({ startupMs: '', privateKb: '', diskKb: '', runs: '' });
        return;
      }
      const { startupMs, privateKb, spread, growth } = result;
      expect(Number(row['startupMs.low'])).toBe(startupMs?.low);
      expect(Number(row['startupMs.high'])).toBe(startupMs?.high);
      expect(row).toMatchObject({ privateKb: String(privateKb), reason: '' });
      expect(Number(row['privateKb.high'])).toBe(spread.privateKb.high);
      for (const point of growth ?? [])
        expect(Number(row[`growth.${point.processes}.pssKb`])).toBe(point.pssKb);
    });
    const base = rows.find(({ system, variant }) => system === 'got-plt' && variant === 'lazy');
    expect(base).toMatchObject({ 'calls.status': 'measured', 'calls.direct-plt.ns': '2' });
  });

  it('has columns of what zram made of private pages where that was asked', async () => {
    const readBackMs = { median: 0.5, low: 0.4, high: 0.75 };
    const zram = { pagedOutKb: 120, compressedKb: 24.5, withGapsKb: 90, readBackMs };
    const [program] = severalSample.programs;
    const [first, ...others] = program!.results;
    const results = [first?.status === 'measured' ? { ...first, zram } : first!, ...others];
    const settings = { ...severalSample.settings, zram: true };
    const measurement = { ...severalSample, settings, programs: [{ ...program!, results }] };
    const [row] = await readByPython(measurementSchema.parse(measurement));
    expect(row).toMatchObject({
      pagedOutKb: '120',
      compressedKb: '24.5',
      withGapsKb: '90',
      readBackMs: '0.5',
    });
    expect(row).toMatchObject({ 'readBackMs.low': '0.4', 'readBackMs.high': '0.75' });
    expect(renderMarkdown(measurement)).toContain('| 120 | 25 | 90 | 0.50 [0.40–0.75] |');
    expect(await readByPython(severalSample)).not.toContainEqual(expect.objectContaining({ pagedOutKb: '' }));
  });

  it('leaves empty what was not measured', async () => {
    const [row] = await readByPython(untimedSample);
    expect(row).toMatchObject({ status: 'measured', startupMs: '', 'startupRatio.low': '', runs: '0' });
    expect(row).not.toHaveProperty('calls.status');
  });

  it('reads back whatever a reason holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'a', '’', ' ') }),
        async (reason) => {
          const refused = { system: 'fixed', variant: 'files', status: 'refused', reason } as const;
          const programs = [{ ...untimedSample.programs[0]!, results: [refused] }];
          const [row] = await readByPython({ ...untimedSample, programs });
          expect(row?.reason).toBe(reason);
          const [head = [], own = []] = parseCsv(renderCsv({ ...untimedSample, programs }));
          expect(own[head.indexOf('reason')]).toBe(reason);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('ends every line with CR and LF', () => {
    const lines = renderCsv(severalSample).split('\r\n');
    expect(lines.at(-1)).toBe('');
    expect(lines.slice(0, -1).some((line) => line === '')).toBe(false);
  });

  it('does not leave half a file where it cannot be written', async () => {
    const file = path.join(folder, 'nowhere', 'a.csv');
    await expect(writeCsv(severalSample, file)).rejects.toThrow(`${file}: cannot be written (ENOENT)`);
    expect(() => readFileSync(file)).toThrow();
  });
});

describe('parseCsv', () => {
  it.each(['a,"b', 'a"b,c', '"a"b'])('refuses %j', (text) => {
    expect(() => parseCsv(text)).toThrow(SyntaxError);
  });
});

describe('renderSamples', () => {
  it('has a row for each timed run, from which the medians come', () => {
    const [head, ...rows] = parseCsv(renderSamples(severalSample));
    expect(head).toEqual(['path', 'arguments', 'system', 'variant', 'run', 'samplesMs']);
    const measured = severalSample.programs.flatMap(({ path: file, arguments: words, results }) =>
      results.flatMap((result) => (result.status === 'measured' ? [{ file, words, result }] : [])),
    );
    const expected = measured.flatMap(({ file, words, result: { system, variant, samplesMs } }) =>
      samplesMs.map((ms, run) => [file, JSON.stringify(words), system, variant, String(run), String(ms)]),
    );
    expect(expected.length).toBeGreaterThan(100);
    expect(rows).toEqual(expected);
    expect(parseCsv(renderSamples(untimedSample))).toHaveLength(1);
  });
});

/** The JSON file: written, read back, and refused where it is none. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MeasuredProgram } from '../../src/measure/measurement.ts';
import { parseMeasurement, readJson, renderJson, writeJson } from '../../src/report/json.ts';
import { packageRoot } from '../../src/util/native.ts';
import { hiddenSample, sample, severalSample, untimedSample } from './sample.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-json-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string) => path.join(directory, name);

/** The names of all fields, however deep. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...fieldsOf(inner)]);
}

describe('a measurement as JSON', () => {
  it('reads back as what was written', async () => {
    for (const measurement of [sample, untimedSample, severalSample, hiddenSample]) {
      await writeJson(measurement, file('good.json'));
      expect(await readJson(file('good.json'))).toEqual(measurement);
    }
    expect(readdirSync(directory)).toEqual(['good.json']);
  });

  it('is not written with a figure that JSON does not have', async () => {
    const [program] = sample.programs;
    const result = { ...program!.results[0]!, privateKb: NaN } as MeasuredProgram['results'][number];
    const programs = [{ ...program!, results: [result] }];
    await expect(writeJson({ ...sample, programs }, file('bad.json'))).rejects.toThrow(
      'programs.0.results.0.privateKb',
    );
  });

  it('names the field at fault', async () => {
    const fault = async (change: object) =>
      parseMeasurement(JSON.stringify({ ...sample, ...change }), 'a.json');
    await expect(fault({ version: 1 })).rejects.toThrow('a.json: no measurement: version:');
    await expect(fault({ format: 'other' })).rejects.toThrow('format:');
    await expect(fault({ machine: { ...sample.machine, cores: -1 } })).rejects.toThrow('machine.cores:');
    await expect(fault({ programs: [] })).rejects.toThrow('programs:');
    await expect(fault({ workload: [{ status: 'odd' }] })).rejects.toThrow('workload.0');
    await expect(fault({ warnings: [{ kind: 'odd', message: '' }] })).rejects.toThrow('warnings.0.kind');
    await expect(parseMeasurement('{"format":', 'b.json')).rejects.toThrow('b.json: no JSON');
    await expect(parseMeasurement('7', 'c.json')).rejects.toThrow('c.json: no measurement');
  });

  it('that is missing, or cannot be written, is an error of one line', async () => {
    await expect(readJson(file('missing.json'))).rejects.toThrow('cannot be read (ENOENT)');
    await expect(writeJson(sample, file('no/such/directory.json'))).rejects.toThrow(
      'cannot be written (ENOENT)',
    );
  });

  it('is documented with an example that is one', async () => {
    const page = readFileSync(path.join(packageRoot(), 'docs', 'formats', 'measurement.md'), 'utf8');
    const example = /```json\n([^`]+)```/.exec(page)?.[1] ?? '';
    const measurement = await parseMeasurement(example, 'the example');
    expect(renderJson(measurement).replaceAll(/\s/g, '')).toBe(example.replaceAll(/\s/g, ''));
    for (const field of fieldsOf(severalSample)) expect(page).toContain(`\`${field}\``);
  });

  it('cut short anywhere is refused', async () => {
    const text = renderJson(sample);
    for (let length = 0; length < text.length - 2; length += 977) {
      writeFileSync(file('cut.json'), text.slice(0, length));
      await expect(readJson(file('cut.json'))).rejects.toThrow(`${file('cut.json')}: no JSON`);
    }
  });
});

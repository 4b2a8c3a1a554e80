/** The growth lab's tables and its JSON: their width, their words, and that nothing unmeasured looks like a figure. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MeasuredPoint, ScaleFit, ScaleMeasurement } from '../../src/measure/scale-measurement.ts';
import { evaluateLaw } from '../../src/measure/scale/growth-law.ts';
import { parseScale, readScaleJson, writeScaleJson } from '../../src/report/scale-json.ts';
import { renderScale } from '../../src/report/scale-table.ts';
import { describeLaw } from '../../src/report/scale-words.ts';
import { packageRoot } from '../../src/util/native.ts';
import { pointsAlong, scaleSample } from './scale-sample.ts';

const render = (measurement: ScaleMeasurement) => renderScale(measurement);
const lineOf = (text: string, start: string) => text.split('\n').find((line) => line.startsWith(start));

describe('the tables', () => {
  it('show systems by sizes, and the law', () => {
    const text = render(scaleSample);
    expect(lineOf(text, 'got-plt')).toMatch(
      /^got-plt +0\.63 +1\.08 +8\.14 +120 {2}0\.60 \+ 0\.030 × modules\^1\.20$/,
    );
    expect(lineOf(text, 'rebase-page-in')).toMatch(/ 10\.8 {2}0\.30 \+ 0\.011 × modules$/);
    expect(lineOf(text, 'offset-table')).toMatch(/0\.71 +0\.71 +0\.71 refused {2}0\.71$/);
  });

  it('say why there is no figure', () => {
    const text = render(scaleSample);
    expect(text).toContain('offset-table mask at 1000 refused: the window of 27 bits is full');
    expect(text).toContain('got-plt lazy at 10 not run: they would need 978 MB');
    expect(text).toContain('few-runs: 2 runs of each');
    expect(text).not.toContain('As imports grow');
  });

  it('name variants where a system has several, and leave them room', () => {
    const [first, ...rest] = scaleSample.series;
    const other = { ...first!, system: 'hash-address', variant: 'look-up-literal' };
    const text = render({ ...scaleSample, series: [other, { ...other, variant: 'global' }, ...rest] });
    expect(text).toContain('\nhash-address look-up-literal  0.60 + 0.030 × modules^1.20\n');
    expect(lineOf(text, 'rebase-page-in')).toBe('rebase-page-in  0.30 + 0.011 × modules');
  });

  it('fit into 80 columns, whatever the figures', () => {
    const many = [1, 2, 5, 10, 20, 50, 100, 1000, 100_000];
    const points = pointsAlong(many, (size) => 99_999.4 * size);
    const fit = {
      figure: 'startupMs',
      constant: -123_456_789,
      coefficient: -1_234_567,
      explained: 1,
    } as const;
    const series = scaleSample.series.map((one) => ({
      ...one,
      points,
      fits: [{ ...fit, exponent: 1.2345 }],
    }));
    const settings = { ...scaleSample.settings, sizes: { modules: many, imports: many, processes: many } };
    for (const measurement of [scaleSample, { ...scaleSample, series, settings }])
      for (const line of render(measurement).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('describeLaw', () => {
  const law = (constant: number, coefficient: number, exponent: number, explained = 1): ScaleFit => ({
    figure: 'startupMs',
    constant,
    coefficient,
    exponent,
    explained,
  });

  it.each([
    [law(71, 0, 0, 0), '71.0'],
    [law(0, 71, 1), '71.0 × modules'],
    [law(-0.5, 0.021, 1), '−0.50 + 0.021 × modules'],
    [law(24, -0.11, 1), 'no clear law'],
    [law(334, -63.5, 0.3), 'no clear law'],
    [law(0.3, 0.02, 1.42, 0.5), 'no clear law'],
    [undefined, '–'],
  ])('%j: %s', (fit, words) => {
    const fits = fit === undefined ? [] : [fit];
    const points = pointsAlong([1, 10, 100, 1000], (at) => (fit ? evaluateLaw(fit, at) : 1));
    expect(describeLaw({ axis: 'modules', points, fits }, 'startupMs')).toBe(words);
  });
});

it('shows no law of noise: growth that the intervals do not tell from 0', () => {
  const values = [24, 23.1, 25.9, 24.6];
  const noisy = (at: number, index: number): MeasuredPoint => {
    const median = values[index] ?? 0;
    const estimate = { median, low: median - 2, high: median + 2 };
    return { at, status: 'measured', figures: { startupMs: estimate } };
  };
  const points = [1, 10, 20, 40].map(noisy);
  const fits = [
    { figure: 'startupMs', constant: 23.9, coefficient: 0.03, exponent: 1, explained: 0.2 },
  ] as const;
  expect(describeLaw({ axis: 'modules', points, fits }, 'startupMs')).toBe('no clear law');
});

describe('a measurement of growth as JSON', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-scale-json-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'scale.json');

  it('reads back as what was written', async () => {
    await writeScaleJson(scaleSample, file);
    expect(await readScaleJson(file)).toEqual(scaleSample);
    expect(readdirSync(directory)).toEqual(['scale.json']);
  });

  it('names the field at fault', async () => {
    const fault = (change: object) => parseScale(JSON.stringify({ ...scaleSample, ...change }), 'a.json');
    await expect(fault({ version: 2 })).rejects.toThrow('a.json: no measurement of growth: version:');
    await expect(fault({ format: 'linkonce-calls' })).rejects.toThrow('format:');
    const { settings, series } = scaleSample;
    const sizes = { ...settings.sizes, modules: [10, 1] };
    await expect(fault({ settings: { ...settings, sizes } })).rejects.toThrow(
      'settings.sizes.modules: must ascend',
    );
    await expect(fault({ series: [{ ...series[0]!, axis: 'time' }] })).rejects.toThrow('series.0.axis');
    const point = { at: 1, status: 'measured', figures: { startupMs: { median: -1, low: 0, high: 0 } } };
    await expect(fault({ series: [{ ...series[0]!, points: [point] }] })).rejects.toThrow(
      'series.0.points.0.figures.startupMs.median',
    );
  });

  it('is not written with a figure that JSON does not have', async () => {
    const fits = [{ ...scaleSample.series[0]!.fits[0]!, constant: NaN }];
    const series = [{ ...scaleSample.series[0]!, fits }];
    await expect(writeScaleJson({ ...scaleSample, series }, file)).rejects.toThrow(
      'series.0.fits.0.constant',
    );
  });

  it('that is missing or cut short is an error of one line', async () => {
    await expect(readScaleJson(path.join(directory, 'none'))).rejects.toThrow('cannot be read (ENOENT)');
    writeFileSync(file, '{"format": "linkonce-scale"');
    await expect(readScaleJson(file)).rejects.toThrow('no JSON');
  });

  it('is documented with an example that is one', async () => {
    const page = readFileSync(path.join(packageRoot(), 'docs', 'formats', 'scale.md'), 'utf8');
    const example = /```json\n([^`]+)```/.exec(page)?.[1] ?? '';
    const measurement = await parseScale(example, 'the example');
    expect(JSON.parse(example)).toEqual(measurement);
    const names = [
      ...Object.keys(scaleSample),
      ...Object.keys(scaleSample.settings),
      ...Object.keys(scaleSample.series[0]!),
    ];
    for (const field of [...names, ...Object.keys(scaleSample.series[0]!.fits[0]!), 'at', 'status', 'reason'])
      expect(page).toContain(`\`${field}\``);
  });
});

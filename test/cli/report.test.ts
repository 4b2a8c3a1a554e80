import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import pc from 'picocolors';
import { renderCsv } from '../../src/report/csv.ts';
import { collectReport } from '../../src/report/collect-report.ts';
import { renderJson } from '../../src/report/json.ts';
import { renderText } from '../../src/report/text.ts';
import { sampleCalls } from '../report/sample-calls.ts';
import { scaleSample } from '../report/scale-sample.ts';
import { unpackData } from '../report/unpack-data.ts';
import { severalSample } from '../report/sample.ts';

const tool = fileURLToPath(new URL('../../linkonce', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) =>
  spawnSync(tool, ['report', ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });

describe('linkonce report', () => {
  it('shows what compare would have shown', () => {
    const file = path.join(folder, 'measurement.json');
    const csv = path.join(folder, 'measurement.csv');
    writeFileSync(file, renderJson(severalSample));
    const { stdout, stderr, status } = run('--csv', csv, file);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toBe(renderText(severalSample, { colors: pc.createColors(false) }));
    expect(readFileSync(csv, 'utf8')).toBe(renderCsv(severalSample));
  });

  it('takes what scale and calls found beside it', () => {
    const files = ['measurement', 'scale', 'calls'].map((name) => path.join(folder, `${name}.json`));
    const contents = [severalSample, scaleSample, sampleCalls].map((one) => JSON.stringify(one));
    for (const [index, file] of files.entries()) writeFileSync(file, contents[index]!);
    const html = path.join(folder, 'report.html');
    const { stderr, stdout, status } = run('--html', html, ...files);
    expect({ stderr, status }).toEqual({ stderr: `linkonce: the report is in ${html}\n`, status: 0 });
    const measurement = { ...severalSample, calls: sampleCalls };
    expect(stdout).toBe(renderText(measurement, { colors: pc.createColors(false) }));
    expect(unpackData(readFileSync(html, 'utf8'))).toEqual(
      collectReport(measurement, { scale: scaleSample }),
    );
  });

  it('shows two measurements side by side', () => {
    const [earlier, later] = ['earlier', 'later'].map((name) => path.join(folder, `${name}.json`));
    writeFileSync(earlier!, renderJson(severalSample));
    writeFileSync(later!, renderJson({ ...severalSample, linkonce: '9.0.0' }));
    const { stdout, stderr, status } = run('--before', earlier!, later!);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^Before and after\n/);
    expect(stdout).toContain('Measured by linkonce an unknown version, then by 9.0.0.');
    expect(run('--before', path.join(folder, 'none.json'), later!).stderr).toMatch(
      /none\.json: cannot be read/,
    );
  });

  it('says in a line what is wrong with its files', () => {
    const write = (name: string, text: string) => {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return file;
    };
    const broken = write('broken.json', '{"format":"linkonce-measurement"}');
    const scale = write('growth.json', JSON.stringify(scaleSample));
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        [write('other.json', '{}')],
        /other\.json: is neither of compare --json, nor of scale --json or calls/,
      ],
      [[write('list.json', 'null')], /list\.json: is neither of/],
      [[write('text.json', 'text')], /text\.json: no JSON/],
      [[broken], /broken\.json: no measurement: version: /],
      [[scale], /a report needs a measurement that compare --json wrote/],
      [[scale, scale], /growth\.json: is a linkonce-scale, as .*growth\.json is: a report has one/],
      [[path.join(folder, 'none.json')], /none\.json: cannot be read \(ENOENT\)/],
    ];
    for (const [files, message] of cases) {
      const { stderr, status } = run(...files);
      expect(status).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^linkonce: .*\n$/);
    }
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import pc from 'picocolors';
import { renderCsv } from '../../src/report/csv.ts';
import { renderJson } from '../../src/report/json.ts';
import { renderText } from '../../src/report/text.ts';
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

  it('says in a line what a file is not', () => {
    const file = path.join(folder, 'other.json');
    writeFileSync(file, '{}');
    const { stderr, status } = run(file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^linkonce: .*other\.json: no measurement: format: .*\n$/);
  });
});

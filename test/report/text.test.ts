/** The terminal's report: its width, its alignment, and that nothing unmeasured looks like a figure. */
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../src/measure/measurement.ts';
import { conclude, findWinners } from '../../src/report/conclusion.ts';
import { compactKb, comparedWith, formatKb, formatMs, threeDigits } from '../../src/report/format.ts';
import { renderText } from '../../src/report/text.ts';
import { sample, untimedSample } from './sample.ts';

const plain = { colors: pc.createColors(false) };
const colourful = { colors: pc.createColors(true) };
// eslint-disable-next-line no-control-regex
const withoutColours = (text: string) => text.replaceAll(/\u001b\[\d+m/g, '');

function widest(measurement: Measurement): number {
  return Math.max(
    ...renderText(measurement, plain)
      .split('\n')
      .map((line) => line.length),
  );
}

/** All figures as large as they get. */
const large: Measurement = {
  ...sample,
  results: sample.results.map((result) =>
    result.status === 'measured'
      ? {
          ...result,
          privateKb: 9e6,
          sharedKb: 99_999,
          pssKb: 5e7,
          mappings: 65_530,
          minorFaults: 999_999,
          diskKb: 9e8,
        }
      : result,
  ),
};

describe('renderText', () => {
  it('fits 80 columns', () => {
    for (const measurement of [sample, untimedSample, large])
      expect(widest(measurement)).toBeLessThanOrEqual(80);
  });

  it('has no escape codes without colours, and the same text with them', () => {
    expect(renderText(sample, plain)).not.toContain('\u001b');
    expect(withoutColours(renderText(sample, colourful)).replaceAll(/ +$/gm, '')).toBe(
      renderText(sample, plain),
    );
  });

  it('aligns figures at the right', () => {
    const lines = renderText(sample, plain).split('\n');
    const heading = lines.findIndex((line) => line.startsWith('system'));
    const end = lines[heading]!.indexOf('start-up') + 'start-up'.length;
    for (const system of ['got-plt', 'image', 'offset-table']) {
      const line = lines.find((candidate) => candidate.startsWith(`${system} `))!;
      expect(line.slice(0, end)).toMatch(/\d$/);
      expect(line[end]).toBe(' ');
    }
  });

  it('says why there are no figures, and shows none', () => {
    const text = renderText(sample, plain).replaceAll(/\s+/g, ' ');
    expect(text).toContain('fixed plain refused: the range of libavcodec.so.59');
    expect(text).toContain('hash-dispatcher trap failed: ends with SIGSEGV');
    expect(text).toMatch(/fixed refused, see below plain/);
  });

  it('leaves columns of times out where nothing was timed', () => {
    const text = renderText(untimedSample, plain);
    expect(text).not.toContain('times');
    expect(text).toContain('start-up not timed; 4 processes weighed 5 s after the start');
  });
});

describe('conclude', () => {
  it('names the fastest and the most frugal', () => {
    const { fastest, mostFrugal } = findWinners(sample);
    expect(fastest).toMatchObject({ system: 'image', variant: 'one-file' });
    expect(mostFrugal).toMatchObject({ system: 'offset-table' });
    expect(conclude(sample)).toMatch(
      /^image one-file started fastest \(8\.\d+ ms, 7\.\d+ times as fast as got-plt lazy\), /,
    );
    expect(conclude(sample)).toContain('2,460 kB of private memory a process, 78 % less than got-plt lazy');
  });

  it('says so where the samples cannot tell', () => {
    const [base, ...rest] = sample.results;
    if (base?.status !== 'measured') throw new Error('the sample begins with the base line');
    const twin = { ...base, system: 'install', startupRatio: { median: 1.01, low: 0.98, high: 1.05 } };
    const startupMs = { ...base.startupMs!, median: base.startupMs!.median - 0.1 };
    const results = [base, { ...twin, startupMs }, ...rest.filter(({ status }) => status !== 'measured')];
    expect(conclude({ ...sample, results })).toContain('not clearly faster than got-plt lazy');
  });

  it('has one subject where one is both, and a word for nothing', () => {
    const base = sample.results.slice(0, 1);
    expect(conclude({ ...sample, results: base })).toMatch(/^got-plt lazy was both the fastest/);
    expect(conclude({ ...sample, results: sample.results.slice(-2) })).toBe('Nothing could be measured.');
  });
});

describe('figures', () => {
  it('have three digits', () => {
    expect([0.6171, 9.994, 9.996, 12.44, 99.96, 143.4].map(threeDigits)).toEqual([
      '0.62',
      '9.99',
      '10.0',
      '12.4',
      '100',
      '143',
    ]);
    expect([0.5, 999.4, 1500].map(formatMs)).toEqual(['0.50 ms', '999 ms', '1.50 s']);
  });
  it('of kB grow into MB', () => {
    expect([0, 2885, 204_800].map(formatKb)).toEqual(['0 kB', '2,885 kB', '200 MB']);
    expect([99_999, 204_800, 5e7].map(compactKb)).toEqual(['99999', '200M', '48G']);
  });
  it('are compared in words', () => {
    expect([comparedWith(50, 200), comparedWith(300, 200), comparedWith(200, 200)]).toEqual([
      '75 % less',
      '50 % more',
      'as much',
    ]);
  });
});

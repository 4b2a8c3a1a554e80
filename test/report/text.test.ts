/** The terminal's report: its width, its alignment, and that nothing unmeasured looks like a figure. */
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { MeasuredProgram, Measurement, Result } from '../../src/measure/measurement.ts';
import { conclude, concludeWorkload, findWinners } from '../../src/report/conclusion.ts';
import {
  compactKb,
  comparedWith,
  formatKb,
  formatMs,
  labelsOf,
  threeDigits,
} from '../../src/report/format.ts';
import { renderText } from '../../src/report/text.ts';
import { hiddenSample, sample, severalSample, untimedSample } from './sample.ts';

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

const [ffmpeg] = sample.programs as [MeasuredProgram];
const withResults = (results: readonly Result[]): MeasuredProgram => ({ ...ffmpeg, results });

const largeMemory = { privateKb: 9e6, sharedKb: 99_999, pssKb: 5e7, mappings: 65_530 };
/** All figures as large as they get. */
const large: Measurement = {
  ...severalSample,
  programs: severalSample.programs.map((program) => ({
    ...program,
    results: program.results.map((result) =>
      result.status === 'measured'
        ? {
            ...result,
            ...largeMemory,
            minorFaults: { median: 999_999, low: 999_998, high: 999_999 },
            diskKb: 9e8,
          }
        : result,
    ),
  })),
  workload: severalSample.workload.map((result) =>
    result.status === 'measured'
      ? {
          ...result,
          ...largeMemory,
          mappings: 9_999_999,
          frames: { oneProcessKb: 5e7, oneProgramKb: 5e7, severalProgramsKb: 5e7 },
        }
      : result,
  ),
};

describe('renderText', () => {
  it('fits 80 columns', () => {
    for (const measurement of [sample, untimedSample, severalSample, hiddenSample, large])
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
    expect(text).toContain('fixed files refused: the range of libavcodec.so.59');
    expect(text).toContain('hash-dispatcher movable failed: ends with SIGSEGV');
    expect(text).toMatch(/fixed refused, see below files/);
  });

  it('leaves columns of times out where nothing was timed', () => {
    const text = renderText(untimedSample, plain);
    expect(text).not.toContain('times');
    expect(text).toContain('start-up not timed; 4 processes weighed 5 s after the start');
  });
});

describe('several programs', () => {
  const text = renderText(severalSample, plain);
  const words = text.replaceAll(/\s+/g, ' ');

  it('have a table each, and one of all together', () => {
    expect(text.match(/^system .*start-up/gm)).toHaveLength(3);
    expect(text.match(/^system .*private .*in several/gm)).toHaveLength(1);
    expect(words).toContain('4 of ffmpeg, 2 of git status --short and 1 of git log alive at once');
    expect(renderText(sample, plain)).not.toContain('together');
  });

  it('have their own doubts; those about all stand with all', () => {
    const [, , third = '', all = ''] = text.split(/^(?=\/usr|All programs together\n)/m);
    expect(third).toContain('image direct: many runs far off');
    expect(all).toContain('few-runs: 3 runs of each');
    expect(text.match(/far off/g)).toHaveLength(1);
  });

  it('are summed up against the base line', () => {
    // 4 × 11,057 and 3 × a tenth of it; the same of 2,885.
    expect(text).toMatch(/^got-plt +47545 .*\n {2}lazy +100 % +100 %/m);
    expect(text).toMatch(/^image +12406 .*\n {2}direct +26 %/m);
  });

  it('do not let a system compete that serves some of them', () => {
    expect(text).toMatch(/^image +11604 .*\n {2}partitions +partial +partial/m);
    expect(words).toContain('image partitions is partial: without git status --short and git log');
    expect(concludeWorkload(severalSample)).toMatch(
      /^All programs together, offset-table window held the least private memory \(10,578 kB, 78 % less than got-plt lazy\), and \S+ \S+ had the least PSS \(/,
    );
  });

  it('show nothing of page frames where the kernel hides them', () => {
    const hidden = renderText(hiddenSample, plain);
    expect(hidden).not.toContain('in several');
    expect(hidden).toContain('frames-hidden: who shares memory');
  });

  it('have a word for no system that serves all', () => {
    const workload = severalSample.workload.filter(({ variant }) => variant === 'partitions');
    expect(concludeWorkload({ ...severalSample, workload })).toBe('No system served all programs.');
  });
});

describe('conclude', () => {
  it('names the fastest and the most frugal', () => {
    const { fastest, mostFrugal } = findWinners(ffmpeg);
    expect(fastest).toMatchObject({ system: 'image', variant: 'direct' });
    expect(mostFrugal).toMatchObject({ system: 'offset-table' });
    expect(conclude(ffmpeg)).toMatch(
      /^image direct started fastest \(8\.\d+ ms, 7\.\d+ times as fast as got-plt lazy\), /,
    );
    expect(conclude(ffmpeg)).toContain('2,460 kB of private memory a process, 78 % less than got-plt lazy');
  });

  it('says so where the samples cannot tell', () => {
    const [base, ...rest] = ffmpeg.results;
    if (base?.status !== 'measured') throw new Error('the sample begins with the base line');
    const twin = { ...base, system: 'install', startupRatio: { median: 1.01, low: 0.98, high: 1.05 } };
    const startupMs = { ...base.startupMs!, median: base.startupMs!.median - 0.1 };
    const privateKb = base.spread.privateKb.low - 1;
    const spread = { ...base.spread, privateKb: { low: privateKb, high: base.spread.privateKb.low } };
    const close = { ...twin, startupMs, privateKb, spread };
    const results = [base, close, ...rest.filter(({ status }) => status !== 'measured')];
    const text = conclude(withResults(results));
    expect(text).toContain('not clearly faster than got-plt lazy');
    expect(text).toContain('not clearly less than got-plt lazy');
    const other = { ...close, system: 'prelink', privateKb: privateKb + 1 };
    expect(conclude(withResults([close, other]))).toContain('with prelink lazy too close to tell');
  });

  it('has one subject where one is both, and a word for nothing', () => {
    expect(conclude(withResults(ffmpeg.results.slice(0, 1)))).toMatch(/^got-plt lazy was both the fastest/);
    expect(conclude(withResults(ffmpeg.results.slice(-2)))).toBe('Nothing could be measured.');
  });
});

describe('labels', () => {
  it('are names, with arguments where a name is taken twice', () => {
    const programs = ['a/x', 'b/x', 'b/y'].map((path) => ({ path, arguments: ['1'] }));
    expect(labelsOf(programs)).toEqual(['x 1', 'x 1', 'y']);
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

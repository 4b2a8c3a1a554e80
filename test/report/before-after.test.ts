/** Two measurements side by side: what changed, what may as well be no change, and what cannot be compared, with the reason. */
import { describe, expect, it } from 'vitest';
import pc from 'picocolors';
import type { MeasuredProgram, MeasuredResult, Measurement } from '../../src/measure/measurement.ts';
import { estimateMedian } from '../../src/measure/statistics.ts';
import type { BeforeAfter, ChangeId } from '../../src/report/before-after.ts';
import { changeText, compareMeasurements, directionOf, summarise } from '../../src/report/before-after.ts';
import { renderBeforeAfter } from '../../src/report/before-after-text.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { withPages } from './browser.ts';
import { sampleCalls } from './sample-calls.ts';
import { sample, severalSample } from './sample.ts';

/** `image direct` takes so many times as long, and holds so many times as much. */
function later(times: number, memory = 1): Measurement {
  const change = (result: MeasuredResult): MeasuredResult => {
    if (result.variant !== 'direct') return result;
    const samplesMs = result.samplesMs.map((ms) => ms * times);
    const { low, high } = result.spread.privateKb;
    const privateKb = { low: low * memory, high: high * memory };
    return {
      ...result,
      samplesMs,
      startupMs: estimateMedian(samplesMs),
      privateKb: result.privateKb * memory,
      spread: { ...result.spread, privateKb },
    };
  };
  const programs = sample.programs.map((program): MeasuredProgram => ({
    ...program,
    results: program.results.map((result) => (result.status === 'measured' ? change(result) : result)),
  }));
  return { ...sample, date: '2026-11-24T13:00:00.000Z', programs };
}

const changesOf = ({ programs }: BeforeAfter, variant: string) =>
  programs[0]?.results.find((result) => result.variant === variant)?.changes ?? {};
const directions = (compared: BeforeAfter, id: ChangeId) =>
  new Map(
    compared.programs[0]!.results.flatMap(({ system, variant, changes }) =>
      changes[id] ? [[`${system} ${variant}`, directionOf(changes[id])]] : [],
    ),
  );

describe('compareMeasurements', () => {
  it('finds no change of a measurement against itself, and doubts nothing', () => {
    const same = compareMeasurements(sample, sample);
    expect(same.remarks).toEqual([]);
    for (const { changes } of same.programs[0]!.results) {
      expect(Object.keys(changes)).toEqual(['startupMs', 'privateKb', 'pssKb']);
      for (const change of Object.values(changes)) {
        expect(change.ratio.median).toBe(1);
        expect(directionOf(change)).toBe('tied');
      }
    }
  });

  it('finds what changed, with an interval that holds it, and nothing else', () => {
    const compared = compareMeasurements(sample, later(0.8, 1.5));
    const { startupMs, privateKb } = changesOf(compared, 'direct');
    expect(startupMs!.ratio.low).toBeLessThanOrEqual(0.8);
    expect(startupMs!.ratio.high).toBeGreaterThanOrEqual(0.8);
    expect(startupMs!.ratio.high).toBeLessThan(1);
    expect(privateKb!.ratio.median).toBeCloseTo(1.5, 9);
    for (const [name, direction] of directions(compared, 'startupMs'))
      expect([name, direction]).toEqual([name, name === 'image direct' ? 'less' : 'tied']);
    expect(directions(compared, 'privateKb').get('image direct')).toBe('more');
    expect(changeText(startupMs!)).toMatch(/^20 % less \[\d[\d.]*–\d[\d.]*\]$/);
    expect(summarise(compared.programs[0]!)).toContain(
      'ffmpeg, start-up: of 12 systems 1 start faster (image direct), none start slower, 11 tied.',
    );
  });

  it('says nothing of a change that is within the noise', () => {
    expect(directions(compareMeasurements(sample, later(1.002)), 'startupMs').get('image direct')).toBe(
      'tied',
    );
  });

  it('compares start-up of another machine by the gain on its own base line, and no times', () => {
    const slow = { ...later(1), machine: { ...sample.machine, cpu: 'Another' }, calls: sampleCalls };
    const compared = compareMeasurements({ ...sample, calls: sampleCalls }, slow);
    expect(compared.remarks.join()).toMatch(
      /Another machine \(processor A Processor at 2.6 GHz, then Another\)/,
    );
    expect(compared.programs).toHaveLength(1);
    expect(Object.keys(changesOf(compared, 'direct'))).toEqual(['startupRatio', 'privateKb', 'pssKb']);
  });

  it('compares calls of one machine', () => {
    const fast = {
      ...sampleCalls,
      results: sampleCalls.results.map((result) => {
        if (result.status !== 'measured' || result.system !== 'image') return result;
        const ns = { median: 0.1, low: 0.1, high: 0.1 };
        const usual = { ...result.figures['direct-plt'], ns };
        return { ...result, figures: { ...result.figures, 'direct-plt': usual } };
      }),
    };
    const compared = compareMeasurements({ ...sample, calls: sampleCalls }, { ...sample, calls: fast });
    expect(summarise(compared.programs[1]!)).toEqual([
      'calls between modules, calls: of 2 systems 1 have cheaper calls (image direct), none have dearer calls, 1 tied.',
    ]);
  });

  const { settings, machine, programs } = sample;
  const all = ['startupMs', 'privateKb', 'pssKb'] as const;
  const cases: readonly (readonly [string, Partial<Measurement>, RegExp, readonly ChangeId[]])[] = [
    [
      'a cold start',
      { settings: { ...settings, cold: true } },
      /warm and then cold: start-up is not/,
      ['privateKb', 'pssKb'],
    ],
    [
      'another moment',
      { settings: { ...settings, moment: 'entry' } },
      /at the end, then at the program’s entry/,
      ['startupMs'],
    ],
    ['another version', { linkonce: '9.0.0' }, /linkonce an unknown version, then by 9\.0\.0/, all],
    [
      'another C library',
      { machine: { ...machine, libc: 'glibc 2.41' } },
      /glibc 2\.36, then glibc 2\.41/,
      all,
    ],
    [
      'another number of processes',
      { programs: programs.map((program) => ({ ...program, processes: 9 })) },
      /4 processes, then 9: PSS, which depends on their number, is not compared/,
      ['startupMs', 'privateKb'],
    ],
  ];
  it.each(cases)('says of %s what it means, and compares nothing else', (_, change, remark, ids) => {
    const compared = compareMeasurements(sample, { ...sample, ...change });
    expect(compared.remarks).toEqual([expect.stringMatching(remark)]);
    expect(Object.keys(changesOf(compared, 'direct'))).toEqual(ids);
  });

  it('names programs and systems that only one of them has', () => {
    const [ffmpeg] = sample.programs;
    const other = { ...ffmpeg!, arguments: ['-h'] };
    const { remarks, programs: compared } = compareMeasurements(sample, { ...sample, programs: [other] });
    expect(compared).toEqual([]);
    expect(remarks).toEqual([
      expect.stringMatching(/^Measured before only, and not compared: \/usr\/bin\/ffmpeg -hide_banner/),
      'Measured after only, and not compared: /usr/bin/ffmpeg -h.',
    ]);
    const without = {
      ...ffmpeg!,
      results: ffmpeg!.results.filter(({ variant }) => variant !== 'direct'),
    };
    expect(compareMeasurements(sample, { ...sample, programs: [without] }).remarks).toEqual([
      'Without figures after: image direct.',
    ]);
  });
});

describe('the terminal', () => {
  const text = renderBeforeAfter(compareMeasurements(sample, later(0.8)), pc.createColors(false));

  it('shows in 80 columns what changed, and counts the rest', () => {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toMatch(/^image .*→/m);
    expect(text).toMatch(/direct +20 % less/);
    expect(text).not.toMatch(/^prelink/m);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      '1 start faster (image direct), none start slower, 11 tied',
    );
  });
});

describe('Markdown', () => {
  it('has each change with its interval', () => {
    const text = renderMarkdown(later(0.8), sample);
    expect(text).toMatch(/^## Before and after$/m);
    expect(text).toMatch(/^\| image direct .*20 % less \[-[\d.]+ to -[\d.]+ %\]/m);
    expect(renderMarkdown(sample)).not.toContain('Before and after');
  });
});

const open = withPages({
  changed: { measurement: later(0.8), before: sample },
  other: { measurement: severalSample, before: { ...sample, machine: { ...sample.machine, cores: 64 } } },
});

describe('the page', () => {
  it('shows changes first, in tables that sort by them', async () => {
    await open('changed', {}, async (page) => {
      const part = page.locator('main > section').first();
      expect(await part.locator('h2').innerText()).toBe('Before and after');
      expect(await part.locator('li').first().innerText()).toContain('1 start faster (image direct)');
      await part.getByRole('columnheader', { name: 'Start-up changed' }).getByRole('button').click();
      const first = await part.locator('tbody tr').first().innerText();
      expect(first).toMatch(/image\s+direct[^]*20 % less/);
      const second = await part.locator('tbody tr').nth(1).innerText();
      expect(second).toMatch(/as much\s+tied/);
    });
  });

  it('says what cannot be compared, on a phone, too', async () => {
    await open('other', { width: 390 }, async (page) => {
      const part = page.locator('#before-and-after');
      expect(await part.locator('.warnings').innerText()).toMatch(/Another machine \(cores 64, then 2\)/);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    });
  });

  it('is text without scripts', async () => {
    await open('changed', { javaScriptEnabled: false }, async (page) => {
      expect(await page.locator('noscript').innerText()).toMatch(/^Before and after/);
    });
  });
});

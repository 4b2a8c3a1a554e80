/** Why there are no figures: each reason once, and first of all where nothing at all could be bound. */
import { describe, expect, it } from 'vitest';
import type { Measurement, Result, UnmeasuredResult } from '../../src/measure/measurement.ts';
import { advise } from '../../src/report/advice.ts';
import { collectFacts } from '../../src/report/collect-facts.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { nothingBound, reasonLines } from '../../src/report/reasons.ts';
import { renderText } from '../../src/report/text.ts';
import { sample } from './sample.ts';

const cause = 'this machine does not permit ptrace: see `linkonce doctor`';

/** The sample with other results in place of those that are not of the base line's system. */
function withBound(change: (result: Result) => Result): Measurement {
  const programs = sample.programs.map((program) => ({
    ...program,
    results: program.results.map((result) => (result.system === 'got-plt' ? result : change(result))),
  }));
  return { ...sample, programs, workload: [] };
}

const unmeasured =
  (status: UnmeasuredResult['status'], reason: string) =>
  ({ system, variant }: Result): Result => ({ system, variant, status, reason });

const refused = withBound(unmeasured('failed', cause));
const boundCount = refused.programs[0]!.results.filter(({ system }) => system !== 'got-plt').length;

describe('nothingBound', () => {
  it('names the cause, and how many binds met it', () => {
    expect(nothingBound(refused)).toContain(`${cause} (all ${boundCount} binds)`);
  });

  it('names the most frequent of several causes', () => {
    const mixed = withBound((result) =>
      unmeasured('failed', result.system === 'image' ? 'another' : cause)(result),
    );
    expect(nothingBound(mixed)).toContain(`${cause} (${boundCount - 2} of ${boundCount} binds)`);
  });

  it('is silent where something was measured, nothing was asked for, or the run was stopped', () => {
    expect(nothingBound(sample)).toBeUndefined();
    expect(nothingBound(withBound(unmeasured('not-run', 'stopped')))).toBeUndefined();
    const alone = sample.programs.map((program) => ({
      ...program,
      results: program.results.filter(({ system }) => system === 'got-plt'),
    }));
    expect(nothingBound({ programs: alone })).toBeUndefined();
  });
});

describe('where nothing could be bound', () => {
  it('a terminal says so in its first line, the cause twice in all, and gives no advice', () => {
    const text = renderText(refused);
    expect(text).toMatch(/^Nothing could be bound here/);
    expect(text.replaceAll(/\s+/g, ' ').split('does not permit ptrace')).toHaveLength(3);
    expect(text).not.toContain('Which system for you');
  });

  it('Markdown says so below its title, and gives no advice', () => {
    const lines = renderMarkdown(refused).split('\n').filter(Boolean);
    expect(lines[0]).toMatch(/^# /);
    expect(lines[1]).toMatch(/^\*\*Nothing could be bound here/);
    expect(lines.join('\n')).not.toContain('Which system for you');
  });

  it('nothing is advised, though one variant of the base line was better than the other', () => {
    expect(advise(refused, collectFacts())).toEqual([]);
  });
});

describe('reasonLines', () => {
  it('says a reason once, with the names, or a number of them', () => {
    const one = { system: 'fixed', variant: 'plain', status: 'refused', reason: 'taken' } as const;
    expect(reasonLines([one, { ...one, variant: 'files' }])).toEqual([
      'fixed plain and fixed files refused: taken',
    ]);
    const many = Array.from({ length: 29 }, (_, index) => ({ ...one, variant: String(index) }));
    expect(reasonLines(many)).toEqual(['fixed 0, fixed 1, fixed 2 and 26 others refused: taken']);
  });

  it('keeps what differs apart, in order', () => {
    const head = { system: 'image', variant: 'single', reason: 'one' } as const;
    const lines = reasonLines([
      { ...head, status: 'failed' },
      { ...head, status: 'refused' },
      { ...head, status: 'failed', reason: 'two' },
    ]);
    expect(lines).toEqual([
      'image single failed: one',
      'image single refused: one',
      'image single failed: two',
    ]);
  });
});

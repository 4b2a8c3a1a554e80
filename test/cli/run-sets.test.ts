/** Sets of settings of `compare`, and what a person says beside them. */
import { describe, expect, test } from 'vitest';
import { chooseSettings } from '../../src/cli/run-sets.ts';
import { linkonce } from './linkonce.ts';

describe('chooseSettings', () => {
  test('has three sets, each more thorough than the one before', () => {
    const sets = [{ quick: true }, {}, { full: true }].map((named) =>
      chooseSettings({ ...named, calls: true }),
    );
    expect(sets.map(({ mode }) => mode)).toEqual(['quick', 'custom', 'full']);
    for (const [less, more] of [
      [sets[0]!, sets[1]!],
      [sets[1]!, sets[2]!],
    ] as const) {
      expect(more.runs).toBeGreaterThan(less.runs);
      expect(more.counts.length).toBeGreaterThanOrEqual(less.counts.length);
      expect(more.calls!.rounds).toBeGreaterThan(less.calls!.rounds);
    }
  });

  test('what is said wins, and is a set no more', () => {
    const all = { quick: true, calls: true };
    expect(chooseSettings({ ...all, runs: 3 })).toMatchObject({
      mode: 'custom',
      runs: 3,
      counts: [1, 4, 16],
    });
    expect(chooseSettings({ ...all, counts: [2] })).toMatchObject({ mode: 'custom', counts: [2] });
    expect(chooseSettings({ ...all, calls: false })).not.toHaveProperty('calls');
    expect(chooseSettings({ ...all, cold: true })).toMatchObject({ mode: 'custom', runs: 5, cold: true });
    expect(chooseSettings({ ...all, cold: true, runs: 9 })).toMatchObject({ runs: 9 });
    expect(chooseSettings({ ...all, zram: true })).toMatchObject({ mode: 'custom', zram: true });
  });
});

test.each([
  [['--quick', '--full'], "option '--quick' cannot be used with option '--full'"],
  [['--counts', '1,x'], 'It must be a whole number from 1 on.'],
])('%j is wrong usage', async (options, message) => {
  const { status, stderr } = await linkonce(['compare', ...options, 'true']);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

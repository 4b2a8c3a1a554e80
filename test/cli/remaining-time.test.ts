/** How long a step will still take, by its parts so far. */
import { expect, test } from 'vitest';
import { RemainingTime } from '../../src/cli/remaining-time.ts';

test('foresees a step by its parts', () => {
  const remaining = new RemainingTime();
  const after = (done: number, ms: number) => remaining.after({ done, of: 10 }, ms);
  expect([after(0, 1000), after(1, 3000)]).toEqual([undefined, undefined]);
  expect(after(2, 5000)).toBe('about 16 s left');
  expect(after(5, 5000)).toBe('about 4 s left');
  expect(after(9, 5000)).toBe('about 1 s left');
});

test('begins anew with each step, and knows nothing of one that says nothing', () => {
  const remaining = new RemainingTime();
  remaining.after({ done: 0, of: 4 }, 0);
  expect(remaining.after({ done: 2, of: 4 }, 600_000)).toBe('about 10 min left');
  expect(remaining.after(undefined, 600_000)).toBeUndefined();
  expect(remaining.after({ done: 0, of: 4 }, 600_000)).toBeUndefined();
  expect(remaining.after({ done: 2, of: 4 }, 604_000)).toBe('about 4 s left');
});

test('a step that goes on from a journal is foreseen by what is done now', () => {
  const remaining = new RemainingTime();
  remaining.after({ done: 30, of: 40 }, 0);
  expect(remaining.after({ done: 35, of: 40 }, 5000)).toBe('about 5 s left');
});

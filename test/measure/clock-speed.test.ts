/** Whether the clock of the processor, or its owner, changed during a run. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findDrift, findStolen, readTicks, timeWork } from '../../src/measure/clock-speed.ts';

test('the same work takes about as long twice', () => {
  const times = [timeWork(), timeWork()];
  expect(Math.min(...times)).toBeGreaterThan(100_000);
  expect(Math.max(...times) / Math.min(...times)).toBeLessThan(2);
});

test.each([
  [[100], 0],
  [[100, 104, 101], 0],
  [[100, 101, 106], 1],
  [[107, 100], 1],
])('drift of %j', (times, warnings) => {
  expect(findDrift(times)).toHaveLength(warnings);
});

test('says how much the clock changed', () => {
  expect(findDrift([100, 130])).toMatchObject([
    { kind: 'frequency', message: expect.stringContaining('30 %') as string },
  ]);
});

test('ticks are those of the kernel', () => {
  const before = readTicks();
  const fields = readFileSync('/proc/stat', 'latin1').split('\n')[0]!.split(/ +/).slice(1, 9).map(Number);
  const after = readTicks();
  const sum = fields.reduce((total, count) => total + count, 0);
  expect(sum).toBeGreaterThanOrEqual(before.all);
  expect(sum).toBeLessThanOrEqual(after.all);
});

test('what the hypervisor took is noise', () => {
  const before = { all: 1000, stolen: 10 };
  expect(findStolen(before, { all: 2000, stolen: 50 })).toEqual([]);
  expect(findStolen(before, { all: 2000, stolen: 210 })).toMatchObject([
    { kind: 'noisy', message: expect.stringContaining('20 %') as string },
  ]);
  expect(findStolen(before, before)).toEqual([]);
});

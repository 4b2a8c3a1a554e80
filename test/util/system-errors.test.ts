import { mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeSystemError, isSystemError } from '../../src/util/system-errors.ts';

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing failed');
}

test.each<[string, () => unknown, string]>([
  [
    'open',
    () => openSync('/none/of/it', 'r'),
    '/none/of/it: cannot be opened (ENOENT, no such file or directory)',
  ],
  ['read', () => readFileSync('/'), 'read(2) fails: EISDIR, illegal operation on a directory'],
  ['mkdir', () => mkdirSync('/proc/new'), '/proc/new: cannot be made (ENOENT, no such file or directory)'],
  [
    'rename',
    () => renameSync('/none/of/it', '/none/new'),
    '/none/new: cannot be renamed (ENOENT, no such file or directory)',
  ],
])('%s', (_, work, line) => {
  const error = caught(work);
  expect(isSystemError(error) && describeSystemError(error)).toBe(line);
});

test('what has a code of another kind is not the system’s', () => {
  expect(isSystemError(Object.assign(new Error('x'), { code: 'commander.help' }))).toBe(false);
});

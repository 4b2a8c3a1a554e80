/** What is left out of a quick run, and that the list of long files names files. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { casesOf, isQuick } from './extent.ts';
import { longest } from './longest-first.ts';
import { packageRoot } from '../src/util/native.ts';

test('all cases are tested, but in a quick run', () => {
  const all = [1, 2, 3, 4, 5, 6, 7];
  expect(casesOf(all, 7)).toEqual(all);
  expect(casesOf(all, 3)).toEqual(isQuick ? [1, 3, 5] : all);
});

test('every file of those that are tested first is there', () => {
  const file = (name: string): string => path.join(packageRoot(), 'test', `${name}.test.ts`);
  expect(longest.filter((name) => !existsSync(file(name)))).toEqual([]);
});

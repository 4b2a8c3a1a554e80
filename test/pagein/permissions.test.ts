/** A place gives a file to those who may read the one at rest, and that to those who may read all modules in it. */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ServedPrograms, whyNoPlaces } from './served-programs.ts';

const programs = new ServedPrograms();
afterAll(() => programs.remove());

test('a program that nobody else may read', async ({ skip }) => {
  if (whyNoPlaces !== undefined) skip(whyNoPlaces);
  chmodSync(programs.folder, 0o755);
  const program = programs.compile('table');
  chmodSync(program, 0o711);
  await programs.bind([program], 'data');
  await programs.serve();
  const { path: places, files } = programs.places;
  const modes = readdirSync(path.join(places, '0'))
    .filter((name) => name !== 'slide')
    .map((name) => {
      const [shown, resting] = [statSync(path.join(places, '0', name)), statSync(path.join(files, name))];
      expect(shown.mode & 0o777).toBe(resting.mode & 0o444);
      return { name: name.replace(/-\w+$/, ''), mode: shown.mode & 0o777 };
    });
  expect(modes).toContainEqual({ name: 'table', mode: 0o400 });
  expect(modes).toContainEqual({ name: 'libc.so.6', mode: 0o444 });
});

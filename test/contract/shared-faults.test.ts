/** Faults of the files that programs share: whatever happened to one of them, the launcher hands over. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { casesOf } from '../extent.ts';
import type { Workplace } from './workplace.ts';
import { createWorkplace, expectHandOver, expectImage } from './workplace.ts';

const usual = 'library from second\n';
const isRoot = process.getuid?.() === 0;

const faults: Readonly<Record<string, (file: string) => void>> = {
  'is missing': (file) => rmSync(file),
  'is a directory': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  'is empty': (file) => truncateSync(file, 0),
  'lacks its last byte': (file) => truncateSync(file, statSync(file).size - 1),
  'is rewritten in place, with its old size and time': (file) => {
    const { atime, mtime } = statSync(file);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xcc, 0, 4096), { flag: 'r+' });
    utimesSync(file, atime, mtime);
  },
  'is replaced by a copy, with its old time': (file) => {
    const { atime, mtime } = statSync(file);
    copyFileSync(file, `${file}.copy`);
    utimesSync(`${file}.copy`, atime, mtime);
    renameSync(`${file}.copy`, file);
  },
  'is touched': (file) => {
    utimesSync(file, 1, 1);
  },
  'may be written by others': (file) => chmodSync(file, 0o666),
};

describe.each([
  ['launcher', false, 'search-path'],
  ['interpreter', true, 'search-path-no-pie'],
] as const)('as %s', (_, asInterpreter, name) => {
  describe.each(['image:partitions', 'prelink:files', 'install:files', 'fixed:files'])('%s', (form) => {
    let place: Workplace;
    beforeEach(async () => void (place = await createWorkplace({ asInterpreter, name, form })));
    afterEach(() => place.remove());

    const shared = (): readonly string[] => {
      const files = place.files.filter((file) => path.dirname(file) === `${place.launcher}.files`);
      expect(files).not.toHaveLength(0);
      return files;
    };

    test('nothing changed: the image runs', async () => {
      expectImage(await place.start(), usual);
    });

    test.each(casesOf(Object.entries(faults), 2))('a shared file %s', async (_, damage) => {
      damage(shared().at(-1)!);
      const outcome = await place.start();
      expectHandOver(outcome, usual);
      expect(outcome.stderr).toMatch(/: a file of the store is not as at bind\n$/);
    });

    test('each of them is looked at', async () => {
      for (const index of shared().keys()) {
        rmSync(shared()[index]!);
        expectHandOver(await place.start(), usual);
        place.remove();
        place = await createWorkplace({ asInterpreter, name, form });
      }
    });

    test('a shared file belongs to another user', async ({ skip }) => {
      if (!isRoot) skip('only root can give files away');
      chownSync(shared().at(-1)!, 12345, 12345);
      expectHandOver(await place.start(), usual);
    });
  });
});

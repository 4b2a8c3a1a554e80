import { linkSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileIdentity, sameFile, sameIdentity } from '../../src/program/file-identity.ts';
import { workshop } from './workshop.ts';

const { directory } = workshop();
const file = path.join(directory, 'file');

test('a file is the same by every name', () => {
  writeFileSync(file, 'content');
  linkSync(file, path.join(directory, 'link'));
  expect(sameIdentity(fileIdentity(file), fileIdentity(path.join(directory, 'link')))).toBe(true);
});

test('rewritten in place, with its size and its old time of change set back, it is another', async () => {
  writeFileSync(file, 'content');
  const { atime, mtime } = statSync(file);
  utimesSync(file, atime, mtime);
  const before = fileIdentity(file);
  // The kernel's clock for files ticks a few hundred times a second.
  await new Promise((done) => setTimeout(done, 20));
  writeFileSync(file, 'CONTENT');
  utimesSync(file, atime, mtime);
  const after = fileIdentity(file);
  expect(after).toEqual({ ...before, ctimeNs: after.ctimeNs });
  expect(sameFile(before, after)).toBe(true);
  expect(sameIdentity(before, after)).toBe(false);
});

/** What a reader of many modules keeps, and for how long. */
import { copyFileSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedReader } from '../../src/program/read-module.ts';

const source = '/bin/sh';
const { size } = statSync(source);
let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'linkonce-reader-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function copies(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const file = path.join(folder, `copy-${String(index)}`);
    copyFileSync(source, file);
    return file;
  });
}

test('a file is read once', () => {
  const read = cachedReader();
  const files = copies(3);
  const modules = files.map(read);
  expect(files.map(read).every((module, index) => module === modules[index])).toBe(true);
});

test('a file that changed is read again', () => {
  const read = cachedReader();
  const [file] = copies(1) as [string];
  const before = read(file);
  utimesSync(file, 1, 1);
  const after = read(file);
  expect(after).not.toBe(before);
  expect(after.identity.mtimeNs).toBe(1_000_000_000n);
  expect(read(file)).toBe(after);
});

test('of more than it may keep, what was asked for longest ago is forgotten', () => {
  const read = cachedReader(2 * size);
  const [a, b, c] = copies(3) as [string, string, string];
  const [ofA, ofB] = [read(a), read(b)];
  expect(read(a)).toBe(ofA);
  const ofC = read(c);
  expect(read(a)).toBe(ofA);
  expect(read(c)).toBe(ofC);
  expect(read(b)).not.toBe(ofB);
  // That took the place of the first one.
  expect(read(c)).toBe(ofC);
  expect(read(a)).not.toBe(ofA);
});

test('one that is larger than all that may be kept is given, too', () => {
  const read = cachedReader(1);
  const [a, b] = copies(2) as [string, string];
  expect(read(a).path).toBe(a);
  expect(read(b).path).toBe(b);
  expect(read(b).path).toBe(b);
});

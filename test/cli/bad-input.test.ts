/** What is no program that can be bound gets one line that names it, and status 1: never a stack, never a crash. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testProgram } from '../programs/build.ts';
import { linkonce } from './linkonce.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-input-'));
const original = readFileSync('/bin/ls');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file and makes it executable. */
function write(name: string, content: Buffer | string, mode = 0o755): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

function changed(offset: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(original);
  copy.set(bytes, offset);
  return copy;
}

/** A 32-bit header by hand: EI_CLASS 1, EM_386, Elf32 sizes, one PT_LOAD. */
function elf32(): Buffer {
  const file = Buffer.alloc(84);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1], 0);
  [2, 3].forEach((value, index) => file.writeUInt16LE(value, 16 + 2 * index));
  [1, 0x8048054, 52, 0, 0].forEach((value, index) => file.writeUInt32LE(value, 20 + 4 * index));
  [52, 32, 1, 40, 0, 0].forEach((value, index) => file.writeUInt16LE(value, 40 + 2 * index));
  [1, 0, 0x8048000, 0x8048000, 84, 84, 5, 0x1000].forEach((value, index) =>
    file.writeUInt32LE(value, 52 + 4 * index),
  );
  return file;
}

function withoutLibrary(): string {
  const program = testProgram('search-path');
  const file = path.join(folder, 'no-library');
  copyFileSync(program.path, file);
  return file;
}

function staticProgram(): string {
  const source = write('static.c', 'int main(void) { return 0; }\n', 0o644);
  const file = path.join(folder, 'static');
  execFileSync('cc', ['-static', '-nostartfiles', '-nostdlib', '-Wl,-e,main', '-o', file, source]);
  return file;
}

/** Each with the program to name, and what the line must say. */
const cases: readonly (readonly [string, () => string, RegExp])[] = [
  ['no such file', () => path.join(folder, 'none'), /no such program/],
  ['no such name', () => 'no-such-program-anywhere', /no such program/],
  ['an empty name', () => '', /empty|no such program/],
  ['a directory', () => folder, /directory/],
  ['a device', () => '/dev/null', /not a regular file/],
  ['not executable', () => write('plain', original, 0o644), /not executable/],
  ['an empty file', () => write('empty', ''), /empty/],
  ['a text', () => write('text', 'hello\n'), /no ELF file/],
  ['a script', () => write('script', '#!/bin/sh\nexit 0\n'), /script/],
  ['a 32-bit program', () => write('elf32', elf32()), /32-bit/],
  ['a big-endian program', () => write('big', changed(5, 2)), /big-endian/],
  ['a foreign machine', () => write('arm', changed(18, 183, 0)), /another machine/],
  ['a header cut short', () => write('cut-40', original.subarray(0, 40)), /truncated/],
  ['program headers cut short', () => write('cut-100', original.subarray(0, 100)), /program header/i],
  ['a file cut in the middle', () => write('cut-half', original.subarray(0, original.length >> 1)), /./],
  [
    'program headers out of the file',
    () => write('headers', changed(32, 0xff, 0xff, 0xff, 0xff)),
    /program header/i,
  ],
  ['a static program', staticProgram, /not dynamically linked/],
  ['set-user-id', () => write('setuid', original, 0o4755), /set-user-id/],
  ['set-group-id', () => write('setgid', original, 0o2755), /set-group-id/],
  ['a missing library', withoutLibrary, /liborder\.so/],
];

test('a program that may be executed and not read', async ({ skip }) => {
  if (process.getuid?.() === 0) skip('root reads everything');
  const outcome = await linkonce(['bind', write('unreadable', original, 0o111)], { cwd: folder });
  expect(outcome).toMatchObject({ stdout: '', status: 1, signal: null });
  expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n$/);
});

beforeAll(() => mkdirSync(folder, { recursive: true }));

describe('bind', () => {
  test.each(cases)('%s', async (_, make, words) => {
    const outcome = await linkonce(['bind', make()], { cwd: folder });
    expect(outcome).toMatchObject({ stdout: '', status: 1, signal: null });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n$/);
    expect(outcome.stderr).toMatch(words);
  });
});

/** It is started as any other command: the system may have words of its own for it. */
describe('run says in one line that there is no launcher', () => {
  test.each(cases)('%s', async (_, make, words) => {
    const cache = { ...process.env, XDG_CACHE_HOME: path.join(folder, 'cache') };
    const { stderr } = await linkonce(['run', make()], { cwd: folder, env: cache });
    const said = stderr.split('\n').filter((line) => line.startsWith('linkonce: '));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(words);
  });
});

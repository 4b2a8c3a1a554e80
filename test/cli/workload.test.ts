/** Workload files: what a line means, and which line is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseProgramLine, readWorkload } from '../../src/cli/workload.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-workload-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string): string {
  const file = path.join(folder, 'programs');
  writeFileSync(file, text);
  return file;
}

describe('parseProgramLine', () => {
  it.each([
    ['git status', { name: 'git', args: ['status'] }],
    ['  4x git status', { name: 'git', args: ['status'], processes: 4 }],
    ["'4x' git", { name: '4x', args: ['git'] }],
    ['4xgit', { name: '4xgit', args: [] }],
    ['# a comment', undefined],
    ['  ', undefined],
  ])('%j', (line, expected) => {
    expect(parseProgramLine(line)).toEqual(expected);
  });

  it.each([
    ['4x', 'no program after the count 4x'],
    ['0x git', 'the count 0x must be a whole number from 1 on'],
    ['99999999999999999999x git', 'must be a whole number'],
    ["git 'status", 'is not closed'],
  ])('%j is wrong', (line, message) => {
    expect(() => parseProgramLine(line)).toThrow(message);
  });
});

describe('readWorkload', () => {
  it('reads a line a program, in their order', () => {
    const file = write("# mine\n\n2x git --version\r\n\tperl -e '1; 2' # two\n\n");
    expect(readWorkload(file)).toEqual([
      { name: 'git', args: ['--version'], processes: 2 },
      { name: 'perl', args: ['-e', '1; 2'] },
    ]);
  });

  it('names the file, and the line that is wrong', () => {
    const file = write('git\n# fine\nperl -e "1\n');
    expect(() => readWorkload(file)).toThrow(`${file}:3: the quote " is not closed`);
    expect(() => readWorkload(write('# nothing\n'))).toThrow(`${file}: has no program in it`);
    expect(() => readWorkload(path.join(folder, 'none'))).toThrow('none: cannot be read (ENOENT)');
  });
});

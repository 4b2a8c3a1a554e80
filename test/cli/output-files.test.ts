/** Files that a command writes at its end: where they cannot be written it says so before it works for them. */
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { requireWritable, writeFileWhole } from '../../src/report/write-file.ts';
import { linkonce } from './linkonce.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-output-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nowhere = path.join(folder, 'none', 'x');
const mark = path.join(folder, 'mark');

/** Each with what the program, were it run, would leave behind. */
const commands: readonly (readonly string[])[] = [
  ...['--json', '--html', '--csv', '--markdown', '--journal'].map((option) => [
    'compare',
    ...[option, nowhere, '--systems', 'got-plt', '--quick', '/bin/touch', mark],
  ]),
  ['scale', '--json', nowhere],
  ['calls', '--json', nowhere],
  ['phases', '--trace', nowhere, '/bin/touch', mark],
  ...['--html', '--csv', '--samples', '--markdown'].map((option) => [
    'report',
    option,
    nowhere,
    path.join(folder, 'none'),
  ]),
  ['bind', '-o', nowhere, '/bin/true'],
];

test.each(commands.map((args) => [args.slice(0, 2).join(' '), args] as const))('%s', async (_, args) => {
  const outcome = await linkonce(args);
  expect(outcome).toMatchObject({ stdout: '', status: 1, signal: null });
  const lines = outcome.stderr.split('\n').filter((line) => line.startsWith('linkonce: '));
  expect(lines.join('\n')).toMatch(
    /^linkonce: \S+none(\/x)?: (cannot be written \(ENOENT\)|is no folder that can be written to)$/,
  );
  expect(existsSync(mark)).toBe(false);
});

describe('requireWritable', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'kept');
  const directory = path.join(folder, 'directory');
  mkdirSync(directory);

  test.each([
    ['a directory', directory],
    ['a name that can only be one', `${path.join(folder, 'new')}/`],
    ['an empty name', ''],
    ['below a file', path.join(file, 'x')],
    ['a name that has no room for a temporary one', path.join(folder, 'n'.repeat(250))],
  ])('refuses %s', (_, wrong) => {
    expect(() => {
      requireWritable(wrong);
    }).toThrow(/is no file that can be written|cannot be written/);
  });

  test('leaves nothing behind, and what is there as it is', () => {
    const before = readdirSync(folder);
    requireWritable(file);
    requireWritable(path.join(folder, 'new'));
    requireWritable('/dev/null');
    expect(readdirSync(folder)).toEqual(before);
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });
});

describe('writeFileWhole', () => {
  test('replaces what a link leads to, and not the link', async () => {
    const target = path.join(folder, 'target');
    const link = path.join(folder, 'link');
    writeFileSync(target, 'old');
    symlinkSync(target, link);
    await writeFileWhole(link, 'new');
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  test('writes to a device as it is', async () => {
    const link = path.join(folder, 'device');
    symlinkSync('/dev/null', link);
    await writeFileWhole(link, 'gone');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

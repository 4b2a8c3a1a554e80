/** Paths that lead nowhere, in every way. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { statusOf } from '../../src/util/status.ts';
import { linkonce } from '../cli/linkonce.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-status-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'file');
writeFileSync(file, '');
const loop = path.join(folder, 'loop');
symlinkSync('loop', loop);

const nowhere = [
  ['a name that is not there', path.join(folder, 'missing')],
  ['a path through a plain file', path.join(file, 'below')],
  ['a link to itself', loop],
  ['a name that is too long', path.join(folder, 'n'.repeat(300))],
] as const;

test.each(nowhere)('%s', (_, name) => expect(statusOf(name)).toBeUndefined());

test('what is there', () => expect(statusOf(file)?.isFile()).toBe(true));

test.each(nowhere)('commands end with one line: %s', async (_, name) => {
  for (const args of [
    ['inspect', name],
    ['inspect', '--calls', name],
    ['store', 'list', '--store', name],
  ]) {
    const { status, stderr } = await linkonce(args);
    expect({ args, status }).toEqual({ args, status: 1 });
    expect(stderr).toMatch(/^linkonce: [^\n]+\n$/);
  }
});

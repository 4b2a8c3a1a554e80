/** A store on a file system of its own, as a container has it: the folder cannot be removed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { runProgram } from '../run-program.ts';

const main = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');

/** $0: the store; $1, $2: node and the tool. */
const script = `
  mount -t tmpfs none "$0" || exit 77
  "$1" "$2" store add --store "$0" true >/dev/null || exit 1
  "$1" "$2" store undo --store "$0" || exit 2
  ls -A "$0"`;

test('undo empties it, and leaves the mount point', async ({ skip }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-mounted-'));
  const args = ['-m', 'sh', '-c', script, folder, process.execPath, main];
  const outcome = await runProgram('unshare', args, { env: process.env }).catch(() => null);
  rmSync(folder, { recursive: true });
  if (outcome === null || outcome.status === 77 || outcome.stderr.startsWith('unshare:'))
    return skip('this user may not mount in a namespace of its own');
  expect(outcome).toEqual({ stdout: '', stderr: '', status: 0, signal: null });
});

/**
 * Cold starts: before each run, and before no other moment, the kernel is told to forget files. It is a plain file in the place of
 * /proc/sys/vm/drop_caches that is told here: all other tests would start cold, too.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';

const whyNot =
  process.geteuid?.() !== 0
    ? 'only root may write there'
    : spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/hostname', '/proc/sys/vm/drop_caches'])
          .status === 0
      ? undefined
      : 'no mount namespace can be had';

test.skipIf(whyNot)('each run that is timed begins with a kernel that has forgotten files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-cold-'));
  const inFolder = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const told = inFolder('told', '-');
  const log = inFolder('log', '');
  const program = inFolder('program', `#!/bin/sh\ncat ${told} >>${log}; printf %s - >${told}\n`);
  chmodSync(program, 0o755);
  const stopwatch = path.join(packageRoot(), 'dist', 'src', 'measure', 'stopwatch.js');
  const script = inFolder(
    'time.mjs',
    `import { timeCommands } from '${stopwatch}';
     const command = { file: '${program}', argv: ['program'], environment: { PATH: '/bin' } };
     for (const cold of [true, false])
       await timeCommands([command, command], { warmUpRounds: 0, rounds: 3, limitMs: 10_000, cold });`,
  );
  const mounted = `mount --bind ${told} /proc/sys/vm/drop_caches && exec "$@"`;
  execFileSync('unshare', ['--mount', 'sh', '-c', mounted, 'sh', process.execPath, script]);
  // Six cold runs; then six others, and one more before each of their rounds, which does not count.
  expect(readFileSync(log, 'utf8')).toBe('3'.repeat(6) + '-'.repeat(9));
  rmSync(folder, { recursive: true });
});

test.skipIf(whyNoStranger)(
  'who may not have the kernel forget is told so before anything is measured',
  () => {
    const [file, args] = asStranger(path.join(packageRoot(), 'linkonce'), ['compare', '--cold', 'true']);
    const { status, stderr, stdout } = spawnSync(file, args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^linkonce: --cold: this user may not write to [^\n]*\n$/);
  },
);

/** The hooks of contrib/: apt's by a real installation that nobody else sees, systemd's by its own checker. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { handedOver } from '../contract/workplace.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'linkonce-apt-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = packageRoot();
const script = (name: string): string => path.join(root, 'test', 'store', name);
const contrib = path.join(root, 'contrib');

/** Small libraries with a program of theirs. */
const candidates = [
  ['libpopt0', 'rsync'],
  ['libsqlite3-0', 'sqlite3'],
  ['libpcre2-8-0', 'git'],
  ['liblzma5', 'xz'],
] as const;

function isInstalled([library, program]: readonly [string, string]): boolean {
  const { status } = spawnSync('dpkg-query', ['-W', library]);
  return status === 0 && spawnSync('which', [program]).status === 0;
}

/** Why there can be no private installation here; undefined where there can. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'apt needs root';
  if (!existsSync('/usr/bin/apt-get')) return 'apt is not installed';
  const { status } = spawnSync('unshare', ['-m', script('private-root.sh'), 'true']);
  return status === 0 ? undefined : 'this user may not mount an overlay in a namespace of its own';
}

test('apt: between the installation and the hook ld.so runs the program, after it the store does', ({
  skip,
}) => {
  const reason = obstacle();
  if (reason !== undefined) skip(reason);
  const candidate = candidates.find(isInstalled);
  if (!candidate) return skip(`none of ${candidates.map(([library]) => library).join(', ')} is installed`);
  const [library, program] = candidate;
  const args = [script('private-root.sh'), script('apt-reinstall.sh'), folder, root, library, program];
  const { status, stderr } = spawnSync('unshare', ['-m', ...args], { encoding: 'utf8' });
  if (status === 77) skip(`${library} cannot be downloaded here`);
  const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(text('apt.log')).toContain(`Unpacking ${library}`);
  expect(text('before.err')).toBe('');
  expect(text('between.err')).toMatch(handedOver);
  expect({ between: text('between.out'), after: text('after.out') }).toEqual({
    between: text('before.out'),
    after: text('before.out'),
  });
  expect({ hook: text('hook.out'), after: text('after.err') }).toEqual({ hook: '', after: '' });
  expect(text('verify.out')).toMatch(/all as they must be\n$/);
  const ms = (from: string, to: string): string =>
    (Number(BigInt(text(to)) - BigInt(text(from))) / 1e6).toFixed(0);
  console.log(
    `${library} was installed again in ${ms('installing', 'installed')} ms; the hook for ${program} took ${ms('begun', 'ended')} ms of it`,
  );
});

const hook = (...args: readonly string[]) =>
  spawnSync(path.join(contrib, 'linkonce-update'), args, {
    encoding: 'utf8',
    env: { ...process.env, LINKONCE: 'false' },
  });

test('the hook does nothing where there is no store, and tells of a failure without failing', () => {
  expect(hook(path.join(folder, 'none'))).toMatchObject({ status: 0, stdout: '', stderr: '' });
  writeFileSync(path.join(folder, 'current'), '');
  expect(hook(folder)).toMatchObject({
    status: 0,
    stdout: '',
    stderr: expect.stringContaining(`linkonce: not all of ${folder} is up to date`) as string,
  });
});

test("apt's configuration is read as one more hook", ({ skip }) => {
  if (!existsSync('/usr/bin/apt-config')) skip('apt is not installed');
  const dump = execFileSync(
    'apt-config',
    ['-c', path.join(contrib, 'apt', '90linkonce'), 'dump', 'DPkg::Post-Invoke'],
    {
      encoding: 'utf8',
    },
  );
  expect(dump).toMatch(/^DPkg::Post-Invoke:: "if \[ -x \/usr\/local\/sbin\/linkonce-update \]/m);
});

test('systemd finds nothing wrong with the units', ({ skip }) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) skip('systemd-analyze is not installed');
  const units = readdirSync(path.join(contrib, 'systemd'));
  for (const name of units) {
    const text = readFileSync(path.join(contrib, 'systemd', name), 'utf8');
    // The checker wants the program to be there.
    writeFileSync(
      path.join(folder, name),
      text.replaceAll('/usr/local/bin/linkonce', path.join(root, 'linkonce')),
    );
  }
  const { status, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', ...units.map((name) => path.join(folder, name))],
    {
      encoding: 'utf8',
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.for([
  { name: 'linkonce-update.service', exposure: 6 },
  { name: 'linkonce-boot.service', exposure: 6 },
  { name: 'linkonce-pagein.service', exposure: 3.8 },
])('$name has few rights', ({ name, exposure }, { skip }) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) skip('systemd-analyze is not installed');
  const unit = path.join(contrib, 'systemd', name);
  const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
    encoding: 'utf8',
  });
  const [, found = '10'] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  expect(Number(found)).toBeLessThanOrEqual(exposure);
});

/**
 * The Debian package: what is in it, and its life in a root that is thrown away, over this machine's, and over those of other releases that
 * LINKONCE_DEBIAN_ROOTS names (`:` between them; scripts/check-deb makes some).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { handedOver } from '../contract/workplace.ts';

const root = packageRoot();
const script = (name: string): string => path.join(root, 'test', 'package', name);
const isDebian = existsSync('/etc/debian_version') && spawnSync('dpkg-deb', ['--version']).status === 0;
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-deb-'));
const deb = path.join(folder, 'linkonce.deb');
const tree = path.join(folder, 'tree');
beforeAll(() => {
  if (!isDebian) return;
  execFileSync(process.execPath, [path.join(root, 'scripts', 'make-deb.mjs'), '--quick', folder]);
  renameSync(path.join(folder, `linkonce_${version}-1_amd64.deb`), deb);
  execFileSync('dpkg-deb', ['-R', deb, tree]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inTree = (file: string): string => path.join(tree, file);
const textOf = (file: string): string => readFileSync(inTree(file), 'utf8');

test('it has what Debian expects, where Debian expects it', ({ skip }) => {
  if (!isDebian) skip('this is no Debian');
  const control = textOf('DEBIAN/control');
  expect(control).toMatch(new RegExp(`^Package: linkonce\nVersion: ${version}-1\nArchitecture: amd64\n`));
  expect(control).toMatch(/^Depends: libc6 \(>= 2\.36\), .*libstdc\+\+6/m);
  expect(textOf('DEBIAN/conffiles')).toBe('/etc/apt/apt.conf.d/90linkonce\n');
  const files = [
    'usr/bin/linkonce',
    'usr/bin/linkonce-settle',
    'usr/share/man/man1/linkonce.1.gz',
    'usr/share/man/man1/linkonce-settle.1.gz',
    'usr/share/bash-completion/completions/linkonce',
    'usr/share/zsh/vendor-completions/_linkonce',
    'usr/share/fish/vendor_completions.d/linkonce.fish',
    'usr/lib/systemd/system/linkonce-update.path',
    'usr/share/doc/linkonce/changelog.Debian.gz',
    'usr/share/doc/linkonce/copyright',
    'usr/share/doc/linkonce/node.copyright.gz',
  ];
  expect(files.filter((file) => !existsSync(inTree(file)))).toEqual([]);
  execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: tree });
});

test('all is root’s, and nobody else may write to it', ({ skip }) => {
  if (!isDebian) skip('this is no Debian');
  const lines = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' }).trim().split('\n');
  const others = lines.filter((line) => !/^([d-]rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) root\/root /.test(line));
  expect(others).toEqual([]);
});

test('lintian says nothing of it', ({ skip }) => {
  if (spawnSync('lintian', ['--version']).status !== 0) skip('lintian is not installed');
  const { stdout } = spawnSync('lintian', [deb], { encoding: 'utf8' });
  expect(stdout).toBe('');
});

test('what its hook, units and scripts name is in it', ({ skip }) => {
  if (!isDebian) skip('this is no Debian');
  const units = readdirSync(inTree('usr/lib/systemd/system')).map((name) => `usr/lib/systemd/system/${name}`);
  const scripts = ['postinst', 'prerm', 'postrm'].map((name) => `DEBIAN/${name}`);
  for (const file of scripts) execFileSync('sh', ['-n', inTree(file)]);
  const update = 'usr/lib/linkonce/contrib/linkonce-update';
  const texts = [...units, ...scripts, update, 'etc/apt/apt.conf.d/90linkonce'].map(textOf).join('');
  const named = new Set(texts.match(/(?<![\w$}])\/usr\/[\w./-]*linkonce[\w./-]*/g));
  expect([...named].sort()).toEqual(['/usr/bin/linkonce', `/${update}`]);
  expect(
    [...named].filter((file) => lstatSync(inTree(file), { throwIfNoEntry: false }) === undefined),
  ).toEqual([]);
  expect(texts).toContain('linkonce-update.path');
});

/** Where a life takes place; what of it is replaced, a file or a package, is of the first of the programs. */
interface Place {
  readonly name: string;
  readonly root: string;
  readonly replaced: string;
  readonly programs: readonly string[];
}

const terminalLibrary = '/lib/x86_64-linux-gnu/libtinfo.so.6';
const places: readonly Place[] = [
  {
    name: 'this machine',
    root: '/',
    replaced: existsSync(terminalLibrary) ? realpathSync(terminalLibrary) : '',
    programs: ['bash', 'sed', 'tar'],
  },
  ...(process.env.LINKONCE_DEBIAN_ROOTS ?? '')
    .split(':')
    .filter(Boolean)
    .map((root) => {
      const programs = ['dpkg', 'bash', 'tar', 'sed', 'grep', 'apt-get'];
      return { name: path.basename(root), root, replaced: 'zlib1g', programs };
    }),
];

/** Why there can be none here; undefined where there can. */
function obstacle({ replaced }: Place): string | undefined {
  if (!isDebian) return 'this is no Debian';
  if (replaced === '') return `${terminalLibrary} is not there`;
  if (process.getuid?.() !== 0) return 'dpkg needs root';
  const probe = mkdtempSync(path.join(folder, 'probe-'));
  const { status } = spawnSync('unshare', [...privately, script('throwaway-root.sh'), '/', probe, 'true']);
  return status === 0 ? undefined : 'this user may not mount an overlay in a namespace of its own';
}

const privately = ['-m', '--propagation', 'private'];

test.for(places)('over $name it installs, updates, and leaves nothing', (place, { skip }) => {
  const reason = obstacle(place);
  if (reason !== undefined) skip(reason);
  const life = path.join(folder, place.name);
  mkdirSync(life);
  execFileSync('cp', [deb, script('deb-life.sh'), life]);
  execFileSync(script('next-deb.sh'), [deb, path.join(life, 'next.deb')]);
  const command = ['/mnt/deb-life.sh', place.replaced, ...place.programs];
  const { status, stderr } = spawnSync(
    'unshare',
    [...privately, script('throwaway-root.sh'), place.root, life, ...command],
    { encoding: 'utf8' },
  );
  if (status === 77) skip('apt finds no packages here');
  const text = (name: string): string => readFileSync(path.join(life, name), 'utf8');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect({ verified: text('verify.out'), works: text('doctor.out') }).toEqual({
    verified: '',
    works: expect.stringMatching(/^bind +yes/m) as string,
  });
  expectFromStore(text, place);
  expectUpdates(text, place);
  expectNothingLeft(text);
});

/** Starts by root and by somebody else; none of it says why it handed over. */
function expectFromStore(text: (name: string) => string, { programs }: Place): void {
  expect({ first: text('first.err'), nobody: text('nobody.err') }).toEqual({ first: '', nobody: '' });
  expect(text('add.out')).toMatch(new RegExp(`^${String(programs.length)} programs in`, 'm'));
  expect(text('nobody.out')).toBe(text('first.out'));
}

/** By the hook of apt, and when linkonce itself is upgraded. */
function expectUpdates(text: (name: string) => string, { replaced, programs }: Place): void {
  if (replaced.startsWith('/')) expect(text('between.err')).toMatch(handedOver);
  else expect(text('replace.log')).toContain(`Unpacking ${replaced}`);
  const quiet = ['after.err', 'upgraded.err', 'upgraded-nobody.err', 'settle.out'];
  expect(quiet.map(text)).toEqual(quiet.map(() => ''));
  expect(text('upgraded.out')).toBe(text('first.out'));
  expect(text('upgraded-nobody.out')).toBe(text('first.out'));
  expect(text('upgrade.log')).toMatch(/Unpacking linkonce \(.*\.1\) over/);
  expect(text('list.out').match(/ ready$/gm)).toHaveLength(programs.length);
}

function expectNothingLeft(text: (name: string) => string): void {
  const left = text('removed.list').split('\n');
  expect(text('installed.list')).toContain('/usr/bin/linkonce\n');
  expect(
    left.filter((file) => /^\/(usr|var\/lib\/linkonce|run)/.test(file) && file.includes('linkonce')),
  ).toEqual([]);
  expect(text('run.list')).toBe('');
  expect(text('purged.list')).toBe(text('before.list'));
}

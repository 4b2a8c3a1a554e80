/**
 * /etc/ld.so.cache counts by what it says of a program's libraries: written anew it is no reason to hand over, and whatever it says
 * otherwise of a name that the program needs is one. Each start sees a cache of its own, in a mount namespace.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasons } from '../../src/image/reasons.ts';
import { packageRoot } from '../../src/util/native.ts';
import { madeCache, type MadeEntry } from '../program/made-cache.ts';
import { environment } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import { expectHandOver, expectImage } from './workplace.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const tool = path.join(packageRoot(), 'linkonce');
const canMount =
  existsSync('/etc/ld.so.cache') &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'x', '/mnt']).status === 0;

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);
const library = 'libanswer.so.1';

function compile(source: string, output: string, ...flags: readonly string[]): void {
  mkdirSync(path.dirname(output), { recursive: true });
  execFileSync('cc', ['-O1', '-x', 'c', '-', '-x', 'none', ...flags, '-o', output], { input: source });
}

const answer = (who: string, where: string): void =>
  compile(
    `const char *answer(void) { return "${who}"; }`,
    at(where, library),
    '-shared',
    '-fPIC',
    `-Wl,-soname,${library}`,
  );

/** Entries of a cache: the program's library in folders, the best first. */
const inFolders = (...folders: readonly string[]): MadeEntry[] =>
  folders.map((each) => ({ name: library, path: at(each, library) }));

function cache(name: string, bytes: Buffer): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

/** Starts a file where the linker's cache is this one. */
function under(file: string, ...command: readonly string[]): Promise<Outcome> {
  const script = 'mount --bind "$0" /etc/ld.so.cache && exec "$@"';
  return runProgram('unshare', ['-m', 'sh', '-c', script, file, ...command], {
    env: { ...process.env, ...debugging },
  });
}

/** What the program says by itself there. */
async function stock(file: string): Promise<string> {
  return (await under(file, at('program'))).stdout;
}

async function linkonce(file: string, ...args: readonly string[]): Promise<string> {
  const outcome = await under(file, tool, ...args);
  expect(outcome).toMatchObject({ status: 0, signal: null });
  return outcome.stdout;
}

describe.skipIf(!canMount)('the cache of ld.so', () => {
  let before: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'linkonce-cache-'));
    execFileSync('chmod', ['755', folder]);
    for (const who of ['first', 'second']) answer(who, who);
    answer('better', 'first/glibc-hwcaps/x86-64-v2');
    compile(
      '#include <stdio.h>\nconst char *answer(void);\nint main(void) { return puts(answer()) < 0; }',
      at('program'),
      at('second', library),
    );
    before = cache(
      'before',
      madeCache([...inFolders('second'), { name: 'libz.so.1', path: '/z' }], ['x86-64-v2']),
    );
    await linkonce(before, 'bind', '-o', at('launcher'), at('program'));
    await linkonce(before, 'bind', '-o', at('copy'), '--as-interpreter', at('program'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const same: Readonly<Record<string, () => Buffer>> = {
    'with the same bytes': () =>
      madeCache([...inFolders('second'), { name: 'libz.so.1', path: '/z' }], ['x86-64-v2']),
    'with other libraries beside': () =>
      madeCache(
        [
          { name: 'libanswer.so.0', path: '/0' },
          ...inFolders('second'),
          { name: 'libanswer.so.2', path: '/2' },
          { name: 'libz.so.1', path: '/new/z' },
        ],
        ['x86-64-v2'],
      ),
    'with another library less': () => madeCache(inFolders('second'), ['x86-64-v2']),
    'with other folders for better processors': () =>
      madeCache(inFolders('second'), ['x86-64-v1', 'x86-64-v2']),
  };
  describe.each(Object.keys(same))('written anew %s', (name) => {
    let file: string;
    beforeAll(() => void (file = cache('same', same[name]!())));

    test.each(['launcher', 'copy'])('%s runs from its image', async (launcher) => {
      expectImage(await under(file, at(launcher)), 'second\n');
    });

    test('for another user, too', async ({ skip }) => {
      if (whyNoStranger !== undefined) skip(whyNoStranger);
      expectImage(await under(file, ...asStranger(at('launcher'), []).flat()), 'second\n');
    });
  });

  const level = (1n << 62n) | (1n << 32n);
  const other: Readonly<Record<string, () => Buffer>> = {
    'a folder that comes first': () => madeCache(inFolders('first', 'second'), ['x86-64-v2']),
    'another folder': () => madeCache(inFolders('first'), ['x86-64-v2']),
    'an entry for a better processor': () =>
      madeCache(
        [
          ...inFolders('first/glibc-hwcaps/x86-64-v2').map((each) => ({ ...each, hwcap: level })),
          ...inFolders('second'),
        ],
        ['x86-64-v2'],
      ),
    'no entry': () => madeCache([], ['x86-64-v2']),
    'a library that the default folders have': () => {
      copyFileSync('/lib/x86_64-linux-gnu/libc.so.6', at('libc.so.6'));
      return madeCache([...inFolders('second'), { name: 'libc.so.6', path: at('libc.so.6') }], ['x86-64-v2']);
    },
  };
  test.each(Object.keys(other))('%s: the program says what it says by itself', async (name) => {
    const file = cache('other', other[name]!());
    const outcome = await under(file, at('launcher'));
    expect(outcome.stderr).toContain(reasons.cachedLibrary.text);
    expect(outcome.stdout).toBe(await stock(file));
    if (name !== 'no entry') expectHandOver(outcome, outcome.stdout);
  });

  test.each([
    ['nothing', 0],
    ['its beginning', 60],
    ['all but its end', -10],
  ])('it holds %s: handed over', async (_, end) => {
    const file = cache('damaged', madeCache(inFolders('second'), ['x86-64-v2']).subarray(0, end));
    const outcome = await under(file, at('launcher'));
    expect(outcome.stderr).toContain(reasons.cacheUnread.text);
    expect(outcome.stdout).toBe(await stock(file));
  });

  test('it is gone: handed over', async () => {
    const gone = ['-m', 'sh', '-c', 'mount -t tmpfs none /etc && exec "$0"'];
    const outcome = await runProgram('unshare', [...gone, at('launcher')], { env: debugging });
    const plain = await runProgram('unshare', [...gone, at('program')], { env: debugging });
    expect(outcome).toMatchObject({ stdout: plain.stdout, status: plain.status });
    expect(outcome.stderr).toContain(reasons.fileChanged.text);
  });

  test('a store: written anew all is ready, an update names the new file, another answer is bound again', async () => {
    const store = ['--store', at('store')];
    const [renewed, changed] = [
      cache('renewed', madeCache(inFolders('second'), ['x86-64-v2'])),
      cache('changed', madeCache(inFolders('first'), ['x86-64-v2'])),
    ];
    await linkonce(before, 'store', 'add', ...store, at('program'));
    const launcher = at('store', 'bin', 'program');
    const stale = async (file: string): Promise<unknown> => {
      const listing = JSON.parse(await linkonce(file, 'store', 'list', '--json', ...store)) as {
        readonly programs: readonly { readonly stale?: string }[];
      };
      return listing.programs[0]?.stale;
    };
    expect(await stale(renewed)).toBeUndefined();
    expectImage(await under(renewed, launcher), 'second\n');
    expect(await linkonce(renewed, 'store', 'update', ...store)).not.toContain('bound again');
    expectImage(await under(renewed, launcher), 'second\n');
    expectImage(await under(before, launcher), 'second\n');
    expect(await stale(changed)).toBeDefined();
    expectHandOver(await under(changed, launcher), 'first\n');
    expect(await linkonce(changed, 'store', 'update', ...store)).toContain('bound again');
    expectImage(await under(changed, launcher), 'first\n');
  });

  test.skipIf(!existsSync('/sbin/ldconfig'))('ldconfig itself, with an unrelated library more', async () => {
    const [bound, installed] = ['second', 'second\nfirst'].map((folders, index) => {
      const name = `real-${String(index)}`;
      compile(
        'int unrelated;',
        at('first', 'libunrelated.so.1'),
        '-shared',
        '-fPIC',
        '-Wl,-soname,libunrelated.so.1',
      );
      if (index > 0) for (const each of ['', 'glibc-hwcaps/x86-64-v2']) rmSync(at('first', each, library));
      writeFileSync(at(`${name}.conf`), folders.replace(/^/gm, `${folder}/`));
      execFileSync('/sbin/ldconfig', ['-X', '-C', at(name), '-f', at(`${name}.conf`)], { stdio: 'ignore' });
      return at(name);
    });
    await linkonce(bound!, 'bind', '-o', at('real'), at('program'));
    expectImage(await under(installed!, at('real')), 'second\n');
  });
});

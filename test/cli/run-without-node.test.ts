/** What is in the cache, and needs no word and no bind, starts without Node: there is none in PATH here. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCount } from '../../src/image/hand-over-count.ts';
import { nativePart, packageRoot } from '../../src/util/native.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { main } from './linkonce.ts';

const tool = path.join(packageRoot(), 'linkonce');
type Variables = Readonly<Record<string, string>>;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-no-node-'));
  mkdirSync(path.join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cache = (): string => path.join(folder, 'cache', 'linkonce');
const env = (more: Variables = {}) => ({
  ...environment,
  XDG_CACHE_HOME: path.dirname(cache()),
  PATH: path.join(folder, 'bin'),
  ...more,
});

/** By Node, which this test knows the path of. */
function byNode(args: readonly string[], more?: Variables, prefix: readonly string[] = []): Promise<Outcome> {
  const [file = '', ...rest] = [...prefix, process.execPath, main, 'run', ...args];
  return runProgram(file, rest, { env: env(more), cwd: folder });
}

/** By the script, which finds no Node. */
function byItself(
  args: readonly string[],
  more?: Variables,
  prefix: readonly string[] = [],
): Promise<Outcome> {
  const [file = '', ...rest] = [...prefix, tool, 'run', ...args];
  return runProgram(file, rest, { env: env(more), cwd: folder });
}
const said = (stdout: string, stderr = ''): Outcome => ({ stdout, stderr, status: 0, signal: null });
const asksNode = { stdout: '', status: 127 };

/** The folder of the launcher in use of the only program. */
const generation = (): string => path.join(cache(), readdirSync(cache())[0]!, 'current');
const inGeneration = (suffix: string): string => {
  const [name = ''] = readdirSync(generation()).filter((each) => each.endsWith(suffix));
  return path.join(generation(), name);
};
const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);

describe('a program', () => {
  test('that was bound', async () => {
    expect(await byItself(['/bin/echo', 'hi'])).toMatchObject(asksNode);
    await byNode(['/bin/echo']);
    expect(await byItself(['/bin/echo', '-n', '--', ''], { LINKONCE_DEBUG: '1' })).toEqual(said('-- '));
    expect(await byItself(['-s', 'image', '/bin/echo'])).toMatchObject(asksNode);
    expect(await byItself(['/bin/cat'])).toMatchObject(asksNode);
  });

  test.each([
    ['tool', 'bin'],
    ['tool', 'bin/../bin/.'],
    ['tool', '/nowhere:bin'],
    ['tool', ':/nowhere'],
    ['./tool', ''],
    ['bin/.././//tool', ''],
    ['bin//tool', ''],
  ])('by the name %s, PATH=%s', async (name, search) => {
    copyFileSync('/bin/echo', path.join(folder, 'bin', 'tool'));
    symlinkSync('bin/tool', path.join(folder, 'tool'));
    await byNode([name, 'one'], { PATH: search });
    expect(await byItself([name, 'two'], { PATH: search })).toEqual(said('two\n'));
  });

  test('with its variables, in whatever order', async () => {
    const variables = { MALLOC_ARENA_MAX: '2', LD_LIBRARY_PATH: '/nowhere' };
    await byNode(['/bin/echo'], variables);
    const { MALLOC_ARENA_MAX, LD_LIBRARY_PATH } = variables;
    const debug = { LINKONCE_DEBUG: '1' };
    expect(await byItself(['/bin/echo', 'hi'], { ...debug, LD_LIBRARY_PATH, MALLOC_ARENA_MAX })).toEqual(
      said('hi\n'),
    );
    expect(await byItself(['/bin/echo', 'hi'], { ...debug, MALLOC_ARENA_MAX })).toMatchObject(asksNode);
  });

  test('by the home folder', async () => {
    const home = { XDG_CACHE_HOME: 'relative', HOME: folder };
    await byNode(['/bin/echo'], home);
    expect(await byItself(['/bin/echo', 'hi'], home)).toEqual(said('hi\n'));
    expect(await byItself(['/bin/echo', 'hi'], { ...home, HOME: '' })).toMatchObject(asksNode);
  });
});

describe('it is for Node', () => {
  beforeEach(async () => {
    await byNode(['/bin/echo']);
  });
  const expectAsks = async (): Promise<void> =>
    expect(await byItself(['/bin/echo', 'hi'])).toMatchObject(asksNode);

  test('to judge a cache that others could write', async () => {
    chmodSync(cache(), 0o770);
    await expectAsks();
    chmodSync(cache(), 0o700);
    chmodSync(path.dirname(cache()), 0o777);
    await expectAsks();
    chmodSync(path.dirname(cache()), 0o1777);
    expect(await byItself(['/bin/echo', 'hi'])).toEqual(said('hi\n'));
  });

  test('where the entry was bound for something else, or elsewhere', async () => {
    const key = readFileSync(inGeneration('.key'), 'utf8');
    for (const other of [key.replace('/bin/echo', '/bin/else'), `${key}x`, '']) {
      writeFileSync(inGeneration('.key'), other);
      await expectAsks();
    }
    expect(await byNode(['/bin/echo', 'hi'])).toEqual(said('hi\n'));
    expect(await byItself(['/bin/echo', 'hi'])).toEqual(said('hi\n'));
  });

  test('where nothing counts hand-overs', async () => {
    rmSync(inGeneration('.count'));
    await expectAsks();
    await byNode(['/bin/echo']);
    expect(await byItself(['/bin/echo', 'hi'])).toEqual(said('hi\n'));
  });

  test('to look at a hand-over of which nobody has heard; one that is over is forgotten', async () => {
    const bytes = readFileSync(inGeneration('.count'));
    bytes.writeBigUInt64LE(3n, 8);
    bytes.write('a debugger started it', 32);
    writeFileSync(inGeneration('.count'), bytes);
    await expectAsks();
    expect(await byNode(['/bin/echo', 'hi'])).toEqual(said('hi\n'));
    expect(readCount(inGeneration('.count'))).toEqual({ count: 0, reason: '' });
    expect(await byItself(['/bin/echo', 'hi'])).toEqual(said('hi\n'));
  });
});

test('after a change one start is handed over; the next one binds again', async () => {
  cpSync(path.dirname(testProgram('search-path').path), path.join(folder, 'program'), { recursive: true });
  const file = path.join(folder, 'program', 'search-path');
  await byNode([file]);
  compileLibrary(path.join(folder, 'program', 'second', 'liborder.so'), 'changed');
  expect(await byItself([file])).toEqual(said('library from changed\n'));
  expect(readCount(inGeneration('.count'))).toMatchObject({ count: 1, reason: 'a file is not as at bind' });
  expect(await byItself([file])).toMatchObject(asksNode);
  expect(await byNode([file])).toEqual(said('library from changed\n'));
  expect(await byItself([file], { LINKONCE_DEBUG: '1' })).toEqual(said('library from changed\n'));
});

test('what only a person can mend costs Node once an hour', async () => {
  const small = ['/usr/bin/prlimit', '--stack=100000:'];
  const first = await byNode(['/bin/echo', 'hi'], {}, small);
  expect(first).toMatchObject({ stdout: 'hi\n', status: 0 });
  expect(first.stderr).toMatch(/^linkonce: [^\n]*the limit of the stack [^\n]*\n$/);
  for (const word of ['two', 'three'])
    expect(await byItself(['/bin/echo', word], {}, small)).toEqual(said(`${word}\n`));
  utimesSync(inGeneration('.said'), longAgo, longAgo);
  expect(await byItself(['/bin/echo', 'four'], {}, small)).toMatchObject(asksNode);
  expect(await byNode(['/bin/echo', 'four'], {}, small)).toEqual(said('four\n'));
  expect(await byItself(['/bin/echo', 'five'], {}, small)).toEqual(said('five\n'));
});

describe('what has no launcher runs, and is said once', () => {
  function script(name: string, text: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o755 });
    return file;
  }

  async function expectRuns(command: readonly string[], output: Outcome, why: RegExp, variables?: Variables) {
    const first = await byNode(command, variables);
    expect({ ...first, stderr: '' }).toEqual({ ...output, stderr: '' });
    expect(first.stderr).toMatch(why);
    expect(await byItself(command, variables)).toEqual(output);
    expect(await byNode(command, variables)).toEqual(output);
    const kept = path.join(cache(), readdirSync(cache())[0]!, 'without');
    utimesSync(kept, longAgo, longAgo);
    expect(await byItself(command, variables)).toMatchObject(asksNode);
  }

  test('a script', async () => {
    const file = script('script', '#!/bin/sh\necho script "$@"; exit 3\n');
    const output = { ...said('script a\n'), status: 3 };
    await expectRuns([file, 'a'], output, /^linkonce: [^\n]*is a script[^\n]*\n$/);
    script('script', '#!/bin/sh\necho changed\n');
    expect(await byItself([file])).toMatchObject(asksNode);
  });

  test('a script without a name of its shell', async () => {
    const file = script('script', 'echo script "$@"\n');
    const first = await byNode([file, 'a']);
    expect(first).toMatchObject({ stdout: 'script a\n', status: 0 });
    expect(await byNode([file, 'a'])).toEqual(said('script a\n'));
  });

  test('a static program', async () => {
    const file = path.join(folder, 'static');
    copyFileSync(nativePart('starter'), file);
    const output = { ...said(''), status: 126 };
    await expectRuns([file], output, /^linkonce: [^\n]*not dynamically linked[^\n]*\n$/);
  });

  test('a set-user-id program', async () => {
    const file = path.join(folder, 'set-id');
    copyFileSync('/bin/echo', file);
    chmodSync(file, 0o4755);
    await expectRuns([file, 'hi'], said('hi\n'), /^linkonce: [^\n]*set-user-id[^\n]*\n$/);
  });

  test('a program with a variable for which nothing is bound', async () => {
    const why = /^linkonce: [^\n]*with LD_WARN set [^\n]*\n$/;
    await expectRuns(['/bin/echo', 'hi'], said('hi\n'), why, { LD_WARN: '1' });
  });

  test('but not where a system was named', async () => {
    const outcome = await byNode(['--system', 'image', script('script', '#!/bin/sh\necho hi\n')]);
    expect(outcome).toMatchObject({ stdout: '', status: 1 });
  });
});

/** Below it a program may mount, and nobody else sees it. */
const ownMounts = ['/usr/bin/unshare', '--mount', '--map-root-user', '/bin/sh', '-c'] as const;
const canMount = spawnSync(ownMounts[0], [...ownMounts.slice(1), 'true'], { stdio: 'ignore' }).status === 0;

describe.skipIf(!canMount)('where the cache is on a file system', () => {
  const mounted = (options: string, script: string): Promise<Outcome> => {
    mkdirSync(path.dirname(cache()));
    const mount = `mount -t tmpfs -o ${options} none "$XDG_CACHE_HOME" && ${script}`;
    const [file, ...rest] = [...ownMounts, mount, process.execPath, main, tool];
    return runProgram(file, rest, { env: { ...env(), PATH: '/usr/bin:/bin' }, cwd: folder });
  };
  const withoutNode = 'PATH=/nowhere "$2" run /bin/echo two';

  test('without the right to execute: once said, it is no matter', async () => {
    const outcome = await mounted(
      'noexec,mode=700',
      `"$0" "$1" run /bin/echo one; ${withoutNode}; "$0" "$1" run /bin/echo three`,
    );
    expect(outcome).toMatchObject({ stdout: 'one\ntwo\nthree\n', status: 0 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]*cannot be executed where it stands[^\n]*\n$/);
  });

  test('that is full, or read-only', async () => {
    for (const options of ['size=32k,mode=700', 'ro,mode=700']) {
      const outcome = await mounted(options, '"$0" "$1" run /bin/echo one; find "$XDG_CACHE_HOME" -type f');
      expect(outcome.stdout).toMatch(/^one\n(?:[^\n]*without\n)?$/);
      expect(outcome.stderr).toMatch(/^linkonce: [^\n]*without a launcher: [^\n]*\(E[A-Z]+[^\n]*\n$/);
      rmSync(path.dirname(cache()), { recursive: true });
    }
  });

  test('that became read-only: what is in it is used', async () => {
    const script = `"$0" "$1" run /bin/echo one; mount -o remount,ro "$XDG_CACHE_HOME"; ${withoutNode}`;
    expect(await mounted('mode=700', script)).toEqual(said('one\ntwo\n'));
  });
});

test('a user who has no home, nor an entry in passwd(5), runs it, too', async ({ skip }) => {
  if (process.geteuid?.() !== 0) skip('only root can be another user');
  const prefix = ['/usr/bin/setpriv', '--reuid', '54321', '--clear-groups'];
  const outcome = await byNode(['/bin/echo', 'hi'], { XDG_CACHE_HOME: '', HOME: '' }, prefix).catch(
    () => undefined,
  );
  if (outcome === undefined) return skip('setpriv (of util-linux) cannot be run');
  expect(outcome).toMatchObject({ stdout: 'hi\n', status: 0 });
  expect(outcome.stderr).toMatch(
    /^linkonce: [^\n]*without a launcher: this user has no home folder[^\n]*\n$/,
  );
});

test('where there can be no cache at all, the program runs', async () => {
  for (const more of [{ XDG_CACHE_HOME: '', HOME: '/dev/null' }, { XDG_CACHE_HOME: '/dev/null/below' }]) {
    const outcome = await byNode(['/bin/echo', 'hi'], more);
    expect(outcome).toMatchObject({ stdout: 'hi\n', status: 0 });
    expect(outcome.stderr).toMatch(/^linkonce: [^\n]*without a launcher: [^\n]*\n$/);
  }
});

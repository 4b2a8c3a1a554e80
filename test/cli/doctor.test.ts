/** `doctor` tries: what it says of a machine is what a bind and a start then do there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { compileHere } from '../contract/compile.ts';
import { testProgram } from '../programs/build.ts';
import type { Lacks } from '../machine/poor-machine.ts';
import { runOnPoorMachine } from '../machine/poor-machine.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { main } from './linkonce.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'linkonce-doctor-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const doctor = [process.execPath, main, 'doctor', '--json'];
const works = (...command: string[]): boolean =>
  spawnSync(command[0] ?? '', command.slice(1), { stdio: 'ignore', cwd: folder }).status === 0;

interface Examined {
  readonly status: number | null;
  readonly of: (id: string) => Finding | undefined;
}

function read({ stdout, stderr, status }: Outcome): Examined {
  expect(stderr).toBe('');
  const findings = JSON.parse(stdout) as readonly Finding[];
  return { status, of: (id) => findings.find((finding) => finding.id === id) };
}

async function examine(prefix: readonly string[] = [], variables = {}): Promise<Examined> {
  const [file = '', ...args] = [...prefix, ...doctor];
  return read(await runProgram(file, args, { env: { ...process.env, ...variables }, cwd: folder }));
}

async function examinePoor(lacks: Lacks): Promise<Examined> {
  const [file = '', ...args] = doctor;
  return read(await runOnPoorMachine(lacks, file, args, { env: process.env, cwd: folder }));
}

test('here a program is captured, bound, and runs from its image', async () => {
  const { status, of } = await examine();
  expect(status).toBe(0);
  for (const id of ['null', 'stop', 'bind']) expect(of(id)).toMatchObject({ answer: 'yes' });
});

test('asks for nothing that no command uses', async () => {
  const { of } = await examine();
  for (const id of ['zram', 'userfaultfd', 'perf', 'kpagecount', 'drop-caches'])
    expect(of(id)).toBeUndefined();
});

describe('where nothing can be captured it says so, and what to do, and ends with 1', () => {
  // The rule for memory spares low addresses, where the program is that the row `stop` is tried on: the bind tells.
  test.each<[string, Lacks, string, RegExp]>([
    ['traced', { ptrace: 'EPERM' }, 'stop', /^this machine does not permit ptrace$/],
    ['traced', { ptrace: 'EPERM' }, 'bind', /^this machine does not permit ptrace$/],
    [
      'stopped',
      { pokeUser: 'pretends', writeMemory: 'EIO', pokeData: 'EIO' },
      'bind',
      /lets no tracer write to the memory of a traced program/,
    ],
  ])('%s', async (_, lacks, id, detail) => {
    const { status, of } = await examinePoor(lacks);
    expect(status).toBe(1);
    expect(of(id)).toMatchObject({ answer: 'no', detail: expect.stringMatching(detail) as unknown });
  });
});

test('debug registers that never fire are no harm', async () => {
  const { status, of } = await examinePoor({ pokeUser: 'pretends' });
  expect(status).toBe(0);
  expect(of('stop')).toMatchObject({
    answer: 'yes',
    detail: expect.not.stringContaining('debug') as unknown,
  });
  expect(of('bind')?.answer).toBe('yes');
});

test('a variable for which programs are bound is no harm', async () => {
  const { of } = await examine([], { MALLOC_ARENA_MAX: '2' });
  expect(of('environment')).toMatchObject({
    answer: 'yes',
    detail: 'programs are bound for what is set: MALLOC_ARENA_MAX',
  });
  expect(of('bind')?.answer).toBe('yes');
});

test('a variable for which nothing is bound is named', async () => {
  const { of } = await examine([], { LD_VERBOSE: '1', MALLOC_ARENA_MAX: '2' });
  expect(of('environment')).toMatchObject({ answer: 'limited', detail: 'set: LD_VERBOSE' });
  expect(of('bind')).toMatchObject({
    answer: 'no',
    detail: expect.stringContaining('with LD_VERBOSE set its linker does more') as unknown,
  });
});

test('the right to the exe link is the one that a launcher needs', async ({ skip }) => {
  // CAP_SYS_RESOURCE permits another way of prctl(2) to set the link, which no launcher goes.
  const without = ['setpriv', '--bounding-set', '-sys_admin,-checkpoint_restore'];
  if (!works(...without, 'true')) skip('setpriv does not take rights here');
  const { path: program } = testProgram('identity');
  const saysOf = async (prefix: readonly string[]): Promise<readonly [string | undefined, boolean]> => {
    const { answer } = (await examine(prefix)).of('exe-link') ?? {};
    const [file, ...rest] = [...prefix, process.execPath, main, 'bind', '-o', 'launcher', program];
    const { stdout } = await runProgram(file, rest, { env: process.env, cwd: folder });
    return [answer, stdout.includes('this user may not set that link')];
  };
  // By a child in a user namespace, where such are permitted.
  expect([
    ['yes', false],
    ['no', true],
  ]).toContainEqual(await saysOf(without));
  const filtered = path.join(folder, 'filtered');
  compileHere('filtered', filtered);
  expect(await saysOf([...without, filtered])).toEqual(['no', true]);
});

describe('in a namespace of its own', () => {
  const behind = (mounts: string): string[] => [
    ...['unshare', '--mount', '--map-root-user', 'sh', '-c'],
    `${mounts} && exec "$0" "$@"`,
  ];
  const needed = 'no user namespaces here';

  test('without /dev/null it says just that', async ({ skip }) => {
    const prefix = behind('mkdir empty && mount --bind empty /dev');
    if (!works(...prefix, 'true')) skip(needed);
    rmSync(path.join(folder, 'empty'), { recursive: true, force: true });
    const { status, of } = await examine(prefix);
    expect(status).toBe(1);
    expect(of('null')?.answer).toBe('no');
    for (const id of ['stop', 'bind']) expect(of(id)?.detail).toContain('/dev/null cannot be opened');
  });

  test('without /sys, and without files of /proc, it works', async ({ skip }) => {
    const empty = 'mkdir empty && mount --bind empty /sys && mount --bind empty /proc/sys';
    if (!works(...behind(empty), 'true')) skip(needed);
    rmSync(path.join(folder, 'empty'), { recursive: true, force: true });
    const { status, of } = await examine(behind(empty));
    expect(status).toBe(0);
    expect(of('bind')?.answer).toBe('yes');
  });

  test('a cache from which nothing can be executed is named', async ({ skip }) => {
    const prefix = behind('mkdir cache && mount -t tmpfs -o noexec tmpfs cache');
    if (!works(...prefix, 'true')) skip(needed);
    rmSync(path.join(folder, 'cache'), { recursive: true, force: true });
    const { of } = await examine(prefix, { XDG_CACHE_HOME: path.join(folder, 'cache') });
    expect(of('cache')).toMatchObject({
      answer: 'no',
      detail: expect.stringContaining('noexec') as unknown,
    });
    expect(of('users')?.answer).toBe('limited');
  });
});

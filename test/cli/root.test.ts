/** `--root`: a store for another root folder, as an unpacked image is. What is in it is bound, not what this machine has at the same path. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import { compileLibrary } from '../contract/workplace.ts';
import { testProgram } from '../programs/build.ts';
import { patienceMs } from '../patience.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';
import { linkonce, main } from './linkonce.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-root-'));
  chmodSync(folder, 0o755);
  root = path.join(folder, 'root');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const isRoot = process.geteuid?.() === 0;
const mayEnter = spawnSync('unshare', isRoot ? ['-m', 'true'] : ['-Urm', 'true']).status === 0;
const check = test.skipIf(!mayEnter);
const checkIf = (isThere: boolean) => test.skipIf(!mayEnter || !isThere);
/** In the root, where no such folder is outside. */
const home = '/opt/app';
const usual = 'library from second\n';
const storeInside = '/var/lib/linkonce';

/** A root with programs and what they need, and nothing else. */
function makeRoot(...programs: readonly string[]): void {
  for (const name of ['proc', 'dev', 'etc']) mkdirSync(path.join(root, name), { recursive: true });
  for (const program of programs)
    for (const { path: file } of filesOf(program)) cpSync(file, path.join(root, file), { dereference: true });
}

/** The linker by its name in PT_INTERP. */
function filesOf(program: string): { readonly path: string }[] {
  const { modules, interpreter } = loadProgram(program);
  const name = execFileSync('readelf', ['-lW', program], { encoding: 'utf8' });
  const [, linker = interpreter.path] = /program interpreter: ([^\]]+)\]/.exec(name) ?? [];
  return [...modules, { path: linker }];
}

/** `search-path` and its library at `home`. */
function addSearchPath(): void {
  makeRoot(testProgram('search-path').path);
  cpSync(path.dirname(testProgram('search-path').path), path.join(root, home), { recursive: true });
}

const store = (command: string, ...args: readonly string[]) =>
  linkonce(['store', command, '--root', root, ...args]);
/** Starts a launcher in the root, and says where it ran. */
const start = (name: string, where = storeInside): Promise<Outcome> => {
  const command = `exec chroot ${root} ${where}/bin/${name}`;
  const unshare = isRoot ? ['-m'] : ['-Ur'];
  return runProgram('unshare', [...unshare, 'sh', '-c', command], {
    env: { ...process.env, LINKONCE_DEBUG: '1' },
  });
};

async function well(outcome: Promise<Outcome>): Promise<string> {
  const { stdout, stderr, status } = await outcome;
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

async function failure(outcome: Promise<Outcome>): Promise<string> {
  const { stderr, status } = await outcome;
  expect(stderr).toMatch(/^linkonce: [^\n]+\n$/);
  expect(status).toBe(1);
  return stderr;
}

/** All paths in a folder. */
const listed = (where: string): string[] => readdirSync(where, { recursive: true, encoding: 'utf8' }).sort();
const ofStore = (file: string) => /^var(\/|$)/.test(file);
/** Of this machine, in the folder of the test: others come and go. */
const mounts = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder));

check(
  'a store in a root that has no Node: only the store is added, and its paths are those inside',
  async () => {
    addSearchPath();
    const before = listed(root);
    expect(await well(store('add', `${home}/search-path`))).toContain('search-path: ');
    expect(listed(root).filter((file) => !ofStore(file))).toEqual(before);
    expect(mounts()).toEqual([]);
    expect(existsSync(storeInside) && existsSync(path.join(storeInside, 'bin', 'search-path'))).toBe(false);
    expect(await start('search-path')).toMatchObject({ stdout: usual, stderr: '', status: 0 });
    expect(await well(store('list'))).toMatch(/ready$/m);
    expect(await well(store('verify'))).toContain('all as they must be');
    expect(await well(store('update'))).toContain('everything is up to date');
    const why = ['why', '--root', root, path.join(storeInside, 'bin', 'search-path')];
    expect(await well(linkonce(why))).toContain('runs from its image /var/lib/linkonce/files/');
    await well(store('gc'));
    expect(statSync(path.join(root, storeInside)).uid).toBe(process.getuid?.());
    await well(store('undo'));
    expect(listed(root).filter((file) => file.includes('linkonce'))).toEqual([]);
  },
);

check('bind, and a store at another path inside', async () => {
  addSearchPath();
  await well(linkonce(['bind', '--root', root, '-o', '/opt/launcher', `${home}/search-path`]));
  expect(existsSync(path.join(root, 'opt/launcher'))).toBe(true);
  await well(store('add', '--store', '/srv/lo', `${home}/search-path`));
  expect(await start('search-path', '/srv/lo')).toMatchObject({ stdout: usual, stderr: '', status: 0 });
  await well(linkonce(['store', '--root', root, 'move', '--store', '/srv/lo', '/srv/other']));
  expect(await start('search-path', '/srv/other')).toMatchObject({ stdout: usual, stderr: '', status: 0 });
});

check("the variables of the linker that are set here are not the container's", async () => {
  addSearchPath();
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' };
  await well(linkonce(['store', 'add', '--root', root, `${home}/search-path`], { env }));
  expect(await well(store('list'))).not.toContain('MALLOC_ARENA_MAX');
  await well(store('add', '--env', 'MALLOC_ARENA_MAX=2', `${home}/search-path`));
  expect(await well(store('list'))).toContain('search-path with MALLOC_ARENA_MAX=2');
});

check('modules that a program opens, learnt by a run in the root', async () => {
  makeRoot(testProgram('plugin').path);
  cpSync(path.dirname(testProgram('plugin').path), path.join(root, home), { recursive: true });
  const before = listed(root);
  const runs = `${home}/plugin-good.so ${home}/plugin-undefined.so`;
  expect(await well(store('add', '--learn', runs, `${home}/plugin`))).toContain('opens 2, all prepared');
  expect(listed(root).filter((file) => !ofStore(file))).toEqual(before);
});

checkIf(isRoot)(
  "an overlay of this machine's root with another library at the same path",
  async ({ skip }) => {
    const programs = path.join(folder, 'programs');
    cpSync(path.dirname(testProgram('search-path').path), programs, { recursive: true });
    compileLibrary(path.join(folder, 'other.so'), 'layers');
    // The mounts are gone with the shell.
    const script = `set -e
    cd "$1"; mkdir memory root; mount -t tmpfs none memory; mkdir memory/upper memory/work
    mount -t overlay -o "lowerdir=/,upperdir=memory/upper,workdir=memory/work" none root || exit 77
    mkdir -p "root$1"; cp -a programs "root$1/"; cp other.so "root$1/programs/second/liborder.so"
    "$2" "$3" store add --root root --store /srv/lo "$1/programs/search-path" >&2
    chroot root /srv/lo/bin/search-path`;
    const args = ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, main];
    const { stdout, stderr, status } = await runProgram('unshare', args, {
      env: { ...process.env, LINKONCE_DEBUG: '1' },
    });
    if (status === 77) return skip('no overlay can be mounted here');
    expect({ stdout, status }).toEqual({ stdout: 'library from layers\n', status: 0 });
    expect(stderr).not.toContain('handed over');
    expect(execFileSync(path.join(programs, 'search-path'), { encoding: 'utf8' })).toBe(usual);
    expect(existsSync('/srv/lo')).toBe(false);
  },
);

checkIf(whyNoStranger === undefined)(
  'an ordinary user, to whom all of the root belongs',
  async ({ skip }) => {
    const become = (file: string, ...args: readonly string[]) =>
      runProgram(...asStranger(file, args), { env: { ...process.env, LINKONCE_DEBUG: '1' } });
    if ((await become('unshare', '-Urm', 'true')).status !== 0)
      return skip('users have no user namespaces here');
    addSearchPath();
    execFileSync('chown', ['-R', '65534:65534', root]);
    const add = ['store', 'add', '--root', root, `${home}/search-path`];
    await well(become(process.execPath, main, ...add));
    expect(statSync(path.join(root, storeInside, 'current/catalogue'))).toMatchObject({
      uid: 65534,
      gid: 65534,
    });
    const run = ['-Ur', 'chroot', root, `${storeInside}/bin/search-path`];
    expect(await become('unshare', ...run)).toMatchObject({ stdout: usual, stderr: '', status: 0 });
  },
);

const musl = '/lib/ld-musl-x86_64.so.1';
const compiler = 'musl-gcc';
const hasMusl = spawnSync(compiler, ['--version']).status === 0 && existsSync(musl);
checkIf(hasMusl)('a root whose C library is musl', async () => {
  const program = path.join(folder, 'hello');
  const source = 'int puts(const char *); int main(void) { return puts("musl") < 0; }';
  execFileSync(compiler, ['-x', 'c', '-', '-o', program], { input: source });
  for (const name of ['proc', 'dev', 'lib', 'bin']) mkdirSync(path.join(root, name), { recursive: true });
  cpSync(musl, path.join(root, musl), { dereference: true });
  cpSync(program, path.join(root, 'bin', 'hello'));
  await well(store('add', 'hello'));
  expect(await start('hello')).toMatchObject({ stdout: 'musl\n', stderr: '', status: 0 });
});

check('what is no root, and what is not in it', async () => {
  addSearchPath();
  expect(await failure(store('add', 'no-such-program'))).toBe(
    'linkonce: no-such-program: no such program in PATH\n',
  );
  expect(await failure(store('list'))).toBe(
    `linkonce: ${storeInside}: there is no store; \`store add\` makes one\n`,
  );
  rmSync(path.join(root, 'dev'), { recursive: true });
  expect(await failure(store('list'))).toContain(
    `${root}: has no folder dev to mount something on: mkdir it`,
  );
  symlinkSync('/dev', path.join(root, 'dev'));
  expect(await failure(store('list'))).toContain('has no folder dev to mount something on');
  for (const [name, why] of [
    ['none', 'is not a folder'],
    ['file', 'is not a folder'],
  ] as const) {
    const where = path.join(folder, name);
    if (name === 'file') cpSync(process.execPath, where);
    expect(await failure(linkonce(['store', 'list', '--root', where]))).toBe(`linkonce: ${where}: ${why}\n`);
  }
});

check('a root with libraries that go into every program', async () => {
  addSearchPath();
  writeFileSync(path.join(root, 'etc/ld.so.preload'), '');
  expect(await failure(store('list'))).toContain('/etc/ld.so.preload: goes into every program there');
});

check('the own root is no other one', async () => {
  const [here, mine] = await Promise.all([
    linkonce(['store', 'list', '--root', '/', '--store', root]),
    linkonce(['store', 'list', '--store', root]),
  ]);
  expect(here).toEqual(mine);
});

check('a root without a linker', async () => {
  addSearchPath();
  const { interpreter } = loadProgram(testProgram('search-path').path);
  const linkers = listed(root).filter((file) => path.basename(file) === path.basename(interpreter.path));
  for (const file of linkers) rmSync(path.join(root, file));
  expect(await failure(store('add', `${home}/search-path`))).toMatch(
    /needs the linker \S+, which is not found$/m,
  );
});

checkIf(isRoot)('who has no right to mount is told so', async () => {
  addSearchPath();
  const command =
    'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set -all --inh-caps -all "$@"';
  const list = [process.execPath, main, 'store', 'list', '--root', root];
  const outcome = runProgram('unshare', ['-Ur', 'sh', '-c', command, 'sh', ...list], { env: process.env });
  expect(await failure(outcome)).toContain(
    `${root}: this user may not enter it: be root, or let users have user namespaces`,
  );
});

check.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  '%s in the middle leaves no mount, and a whole store',
  async (signal) => {
    addSearchPath();
    await well(store('add', `${home}/search-path`));
    const child = spawn(process.execPath, [main, 'store', 'reslide', '--root', root], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    // From then on it is in the root.
    await expect.poll(() => rootOf(child.pid), { interval: 1, timeout: patienceMs }).toMatch(/\/root$/);
    child.kill(signal);
    await ended;
    expect(mounts()).toEqual([]);
    expect(listed(root).filter((file) => /^(dev|proc)\//.test(file))).toEqual([]);
    expect(await well(store('verify'))).toContain('all as they must be');
    expect(await start('search-path')).toMatchObject({ stdout: usual, stderr: '', status: 0 });
  },
);

/** Of a process; undefined where it has ended. */
function rootOf(pid: number | undefined): string | undefined {
  try {
    const line = readFileSync(`/proc/${String(pid)}/mountinfo`, 'utf8')
      .split('\n')
      .find((each) => each.split(' ')[4] === '/');
    return line?.split(' ')[3];
  } catch {
    return undefined;
  }
}

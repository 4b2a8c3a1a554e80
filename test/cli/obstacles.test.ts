/** Every command that binds says whether what it wrote will be used, by this user, here and now. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tryExeLink } from '../../src/doctor/probes.ts';
import { planOffset } from '../../src/image/plan-layout.ts';
import { packageRoot } from '../../src/util/native.ts';
import { compileHere } from '../contract/compile.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram, type Outcome } from '../run-program.ts';

const main = path.join(packageRoot(), 'dist/src/cli/main.js');
let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'linkonce-obstacles-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const base = () => ({ ...environment, XDG_CACHE_HOME: path.join(folder, 'cache') });
type Variables = Readonly<Record<string, string>>;

/** Runs linkonce behind other commands, which change what it may do. */
function behind(prefix: readonly string[], args: readonly string[], variables: Variables = {}) {
  const [file = '', ...rest] = [...prefix, process.execPath, main, ...args];
  return runProgram(file, rest, { env: { ...base(), ...variables }, cwd: folder });
}
const linkonce = (args: readonly string[], variables?: Variables): Promise<Outcome> =>
  behind([], args, variables);

const works = (...command: string[]): boolean =>
  spawnSync(command[0] ?? '', command.slice(1), { stdio: 'ignore' }).status === 0;

/** A command line that takes the right to set the exe link. */
const withoutRight = ['setpriv', '--bounding-set', '-sys_admin,-checkpoint_restore,-sys_resource'];
/** Below it a program may mount, and nobody else sees it. */
const ownMounts = ['unshare', '--mount', '--map-root-user'];

const variable =
  /for this user it runs through ld\.so here: it is not bound for the linker's variables as they are set \(set: MALLOC_TOP_PAD_\); to do: bind it with them set /;
const other = { MALLOC_TOP_PAD_: '65536' };

describe('bind', () => {
  test('says nothing where the launcher is used', async () => {
    const { stdout, status } = await linkonce(['bind', '-o', 'launcher', 'echo']);
    expect(status).toBe(0);
    expect(stdout).not.toContain('for this user');
  });

  test('is for the variables that are set, and says so', async () => {
    const { stdout, status } = await linkonce(['bind', '-o', 'launcher', 'echo'], other);
    expect(status).toBe(0);
    expect(stdout).toContain('for starts with MALLOC_TOP_PAD_=65536: ');
    expect(stdout).not.toContain('for this user');
  });

  test('says that this user may not set the exe link, and what helps', async ({ skip }) => {
    // Below a filter no other process gets that right.
    const filtered = path.join(folder, 'filtered');
    compileHere('filtered', filtered);
    const prefix = [...(tryExeLink() === undefined ? withoutRight : []), filtered];
    if (!works(...prefix, 'true')) skip('setpriv does not take rights here');
    const { path: program } = testProgram('identity');
    const said =
      /runs through ld\.so here: it reads \/proc\/self\/exe, and this user may not set that link; to do: [^\n]*--as-interpreter\n/;
    const launcher = await behind(prefix, ['bind', '-o', 'launcher', program]);
    expect(launcher.stdout).toMatch(said);
    const copy = await behind(prefix, ['bind', '--as-interpreter', '-o', 'copy', program]);
    expect(copy.stdout).not.toContain('for this user');
  });

  test('says that the launcher cannot be executed where it stands', async ({ skip }) => {
    if (!works(...ownMounts, 'true')) skip('no user namespaces here');
    const mount = 'mkdir noexec && mount -t tmpfs -o noexec tmpfs noexec && exec "$0" "$@"';
    const prefix = [...ownMounts, 'sh', '-c', mount];
    const { stdout, stderr } = await behind(prefix, ['bind', '-o', 'noexec/launcher', 'echo']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /does not start here: it cannot be executed where it stands \([^\n]*noexec\/launcher\)/,
    );
  });
});

describe('store', () => {
  test('add and update say it once for all programs that meet it', async () => {
    const store = ['--store', path.join(folder, 'store')];
    const lowLimit = ['prlimit', '--stack=100000:'];
    const programs = ['echo', 'true', 'cat', 'ls', 'env'];
    const added = await behind(lowLimit, ['store', 'add', ...store, ...programs]);
    expect(added.stdout.match(/for this user/g)).toHaveLength(1);
    expect(added.stdout).toMatch(/^cat, echo, env and 2 more: .*the limit of the stack /m);
    const updated = await linkonce(['store', 'update', ...store], other);
    expect(updated.stdout).toMatch(variable);
    expect((await linkonce(['store', 'update', ...store])).stdout).not.toContain('for this user');
  });

  test('what is set when a program is added is no obstacle', async () => {
    const store = ['--store', path.join(folder, 'store')];
    const added = await linkonce(['store', 'add', ...store, 'echo'], other);
    expect(added.stdout).not.toContain('for this user');
  });

  test('update knows of a low limit of the stack', async () => {
    const store = ['--store', path.join(folder, 'store')];
    await linkonce(['store', 'add', ...store, 'echo']);
    const updated = await behind(['prlimit', '--stack=100000:'], ['store', 'update', ...store]);
    expect(updated.stdout).toMatch(
      /^echo: for this user it runs through ld\.so here: the limit of the stack /m,
    );
  });
});

describe('run', () => {
  const cacheFolders = (): string[] => readdirSync(path.join(folder, 'cache', 'linkonce'));
  const generations = (): string[] => {
    const entry = path.join(folder, 'cache', 'linkonce', cacheFolders()[0]!);
    return readdirSync(entry)
      .filter((name) => name !== 'current')
      .map((name) => path.join(entry, name));
  };

  test('says once what keeps it from being used', async () => {
    const small = ['prlimit', '--stack=100000:'];
    const first = await behind(small, ['run', 'echo', 'one']);
    expect(first).toMatchObject({ stdout: 'one\n', status: 0 });
    expect(first.stderr).toMatch(
      /^linkonce: echo: for this user it runs through ld\.so here: the limit of the stack /,
    );
    expect(await behind(small, ['run', 'echo', 'two'])).toMatchObject({ stdout: 'two\n', stderr: '' });
  });

  test('binds again what another bind mends', async () => {
    const debug = { LINKONCE_DEBUG: '1' };
    await linkonce(['run', 'echo', 'one'], debug);
    const [generation] = generations();
    const image = path.join(generation!, 'echo.image');
    const bytes = readFileSync(image);
    bytes.writeUInt8(bytes.readUInt8(planOffset + 100) ^ 0xff, planOffset + 100);
    writeFileSync(image, bytes);
    expect(await linkonce(['run', 'echo', 'two'], debug)).toMatchObject({ stdout: 'two\n', stderr: '' });
    expect(generations()).toHaveLength(2);
  });

  test('has a launcher for each set of variables, whatever the limit of the stack is', async () => {
    const debug = { LINKONCE_DEBUG: '1' };
    const small = ['prlimit', '--stack=4194304:'];
    for (const variables of [{}, other, {}, other])
      for (const prefix of [[], small])
        expect(await behind(prefix, ['run', 'echo', 'hello'], { ...debug, ...variables })).toMatchObject({
          stdout: 'hello\n',
          stderr: '',
        });
    expect(cacheFolders()).toHaveLength(2);
    expect(generations()).toHaveLength(1);
  });

  test('starts the program itself where the cache cannot be executed from', async ({ skip }) => {
    if (!works(...ownMounts, 'true')) skip('no user namespaces here');
    const mount = 'mkdir cache && mount -t tmpfs -o noexec,mode=700 tmpfs cache && exec "$0" "$@"';
    const outcome = await behind([...ownMounts, 'sh', '-c', mount], ['run', 'echo', 'hello']);
    expect(outcome).toMatchObject({ stdout: 'hello\n', status: 0 });
    expect(outcome.stderr).toMatch(/^linkonce: echo: [^\n]*cannot be executed where it stands[^\n]*\n$/);
  });
});

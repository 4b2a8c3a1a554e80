/** What a user may not read or execute, no file of ours gives to them: under every system, in a store, and in its places. */
import { chmodSync, chownSync, cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { systems } from '../../src/systems/registry.ts';
import { linkonce } from '../cli/linkonce.ts';
import { environment } from '../programs/build.ts';
import { workshop } from '../program/workshop.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { well } from '../store/place.ts';
import { asStranger, whyNoStranger } from '../stranger.ts';

const shop = workshop();
const secret = 'BYTES-OF-NOBODY-ELSE';
/** Some other group, which the stranger is in where a test says so. */
const group = 4242;
let folder: string;
let rounds = 0;
const at = (...names: readonly string[]) => path.join(folder, ...names);

beforeAll(() => {
  shop.library('libopen.so', `const char *word(void) { return "open"; }`, '-Wl,-soname,libopen.so');
  shop.library(
    'libsecret.so',
    `const char text[] = "${secret}", *pointer = text; const char *word(void) { return pointer; }`,
    '-Wl,-soname,libsecret.so',
  );
  const source = `#include <stdio.h>
    const char *word(void); const char own[] __attribute__((used)) = "${secret}"; const char *other = own;
    int main(void) { puts(word()); return 0; }`;
  const link = (library: string) => [path.join(shop.directory, library), '-Wl,-rpath,$ORIGIN'];
  shop.program('closed', source, ...link('libopen.so'));
  for (const name of ['user', 'also-user'])
    shop.program(name, source.replace(secret, 'nothing'), ...link('libsecret.so'));
  shop.program('open', source.replace(secret, 'nothing'), ...link('libopen.so'));
  chmodSync(shop.directory, 0o755);
});

beforeEach(({ skip }) => {
  if (whyNoStranger !== undefined) skip(whyNoStranger);
  folder = path.join(shop.directory, `round-${String(rounds++)}`);
  mkdirSync(folder, { mode: 0o755 });
});

const sources = ['closed', 'user', 'also-user', 'open', 'libopen.so', 'libsecret.so'];
/** All as it is usually, but these. */
function setModes(modes: Readonly<Record<string, number>>): void {
  for (const name of sources) {
    const file = path.join(shop.directory, name);
    chownSync(file, 0, 0);
    chmodSync(file, modes[name] ?? 0o755);
  }
}

const source = (name: string) => path.join(shop.directory, name);
const debugging = { ...environment, LINKONCE_DEBUG: '1' };

function asOther(file: string, args: readonly string[] = []): Promise<Outcome> {
  return runProgram(...asStranger(file, args), { env: debugging });
}

/** Somebody else who is in the group. */
function asMember(file: string): Promise<Outcome> {
  const who = ['--reuid', '65534', '--regid', '65534', '--groups', String(group)];
  return runProgram('setpriv', [...who, 'env', file], { env: debugging });
}

async function expectNoSecret(): Promise<void> {
  expect((await asOther('grep', ['-rls', secret, folder])).stdout).toBe('');
}

/** There is something to find, so that it counts that nobody finds it. */
async function expectSecretFor(owner: string): Promise<void> {
  expect((await runProgram('grep', ['-rls', secret, owner])).stdout).not.toBe('');
}

async function expectNoStart(file: string): Promise<void> {
  const { stdout, stderr } = await asOther(file);
  expect({ stdout, stderr }).toEqual({
    stdout: '',
    stderr: expect.stringContaining('Permission denied') as string,
  });
}

async function bind(
  name: string,
  form: string,
  asInterpreter = false,
  output = at('launcher'),
): Promise<string> {
  const [id = '', variant = ''] = form.split(':');
  const system = systems.find((each) => each.id === id);
  if (!system) throw new Error(`there is no system ${id}`);
  await bindProgram(source(name), { system, variant, output, asInterpreter });
  return output;
}

const forms = systems
  .filter(({ id }) => id !== 'got-plt' && id !== 'rebase-page-in')
  .map(({ id, variants }) => `${id}:${variants[0]?.id ?? ''}`);

describe.each([...forms, 'image:partitions', 'image:direct'])('%s', (form) => {
  test('a program that everybody may execute and nobody else may read', async () => {
    setModes({ closed: 0o711 });
    const launcher = await bind('closed', form);
    await expectSecretFor(folder);
    await expectNoSecret();
    expect(await asOther(launcher)).toMatchObject({ stdout: 'open\n', status: 0 });
  });

  test('a library that nobody else may read', async () => {
    setModes({ 'libsecret.so': 0o600 });
    const launcher = await bind('user', form);
    await expectNoSecret();
    expect(await asOther(launcher)).toMatchObject({ stdout: '', status: 127 });
  });

  test('a program of a group', async () => {
    setModes({ closed: 0o750 });
    chownSync(source('closed'), 0, group);
    const launcher = await bind('closed', form);
    await expectNoSecret();
    await expectNoStart(launcher);
    expect(await asMember(launcher)).toMatchObject({ stdout: 'open\n', status: 0 });
  });
});

test('a member of the group runs the image', async () => {
  setModes({ closed: 0o750 });
  chownSync(source('closed'), 0, group);
  const launcher = await bind('closed', 'image:partitions');
  expect(await asMember(launcher)).toMatchObject({ stdout: 'open\n', stderr: '', status: 0 });
});

test('a program in a folder that nobody else may enter', async () => {
  mkdirSync(at('home'), { mode: 0o700 });
  cpSync(source('closed'), at('home', 'closed'));
  cpSync(source('libopen.so'), at('home', 'libopen.so'));
  chmodSync(at('home', 'closed'), 0o755);
  await well(linkonce(['bind', '-o', at('launcher'), at('home', 'closed')]));
  await expectNoSecret();
  await expectNoStart(at('launcher'));
});

describe('a copy that is started by the loader', () => {
  const copy = () => path.join(shop.directory, 'copy');
  async function bindCopy(mode: number): Promise<void> {
    setModes({ closed: mode });
    await bind('closed', 'image:single', true, copy());
  }

  test('everybody may execute it, and nobody else read it', async () => {
    await bindCopy(0o711);
    await expectSecretFor(copy());
    expect((await asOther('grep', ['-ls', secret, copy(), `${copy()}.image`])).stdout).toBe('');
    expect(await asOther(copy())).toMatchObject({ stdout: 'open\n', status: 0 });
  });

  test('nobody else may execute it', async () => {
    await bindCopy(0o750);
    await expectNoStart(copy());
  });

  test('everybody may', async () => {
    await bindCopy(0o755);
    expect(await asOther(copy())).toMatchObject({ stdout: 'open\n', stderr: '', status: 0 });
  });
});

describe('a store', () => {
  const store = () => at('store');
  const command = (name: string, ...args: readonly string[]) =>
    well(linkonce(['store', name, '--store', store(), ...args]));
  const bin = (name: string) => path.join(store(), 'bin', name);

  test('a closed library among open ones: its bytes are nobody’s, other programs run for everybody', async () => {
    setModes({ 'libsecret.so': 0o600 });
    await command('add', ...['open', 'user', 'also-user'].map(source));
    await expectSecretFor(store());
    await expectNoSecret();
    expect(await asOther(bin('open'))).toMatchObject({ stdout: 'open\n', stderr: '', status: 0 });
    expect(await runProgram(bin('user'), [], { env: debugging })).toMatchObject({
      stdout: `${secret}\n`,
      stderr: '',
    });
    const list = await asOther(process.execPath, [
      path.join(process.cwd(), 'dist/src/cli/main.js'),
      ...['store', 'list', '--store', store()],
    ]);
    expect(list.stdout).toMatch(/user .* through ld\.so: .*this user may not read the image$/m);
  });

  test('a library that is closed, and opened again', async () => {
    setModes({});
    await command('add', ...['open', 'user', 'also-user'].map(source));
    chmodSync(source('libsecret.so'), 0o600);
    expect(await command('update')).toMatch(/bound again: also-user .*libsecret\.so changed/);
    await expectNoSecret();
    expect(await command('verify')).not.toContain('stale');
    chmodSync(source('libsecret.so'), 0o644);
    await command('update');
    expect(await asOther(bin('user'))).toMatchObject({ stdout: `${secret}\n`, stderr: '' });
  });
});

test('a bind says who cannot use what it wrote, where others can come', async () => {
  setModes({ closed: 0o711 });
  const { stdout } = await linkonce(['bind', '-o', at('launcher'), source('closed')]);
  expect(stdout).toContain(`not everybody may read ${source('closed')}`);
});

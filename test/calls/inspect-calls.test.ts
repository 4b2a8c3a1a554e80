/** `linkonce inspect --calls`, as text and as JSON. */
import { expect, test } from 'vitest';
import { linkonce } from '../cli/linkonce.ts';
import { workshop } from '../program/workshop.ts';

const shop = workshop();
const library = shop.library('libuser.so', 'int puts(char *); int use(char *t) { return puts(t) + 1; }');
const program = shop.program(
  'main',
  'int use(char *); int main(int c, char **v) { return use(*v); }',
  library,
);

async function output(...args: string[]): Promise<string> {
  const outcome = await linkonce(['inspect', '--calls', ...args]);
  expect(outcome).toMatchObject({ stderr: '', status: 0 });
  return outcome.stdout;
}

test('a library: its sites by symbol', async () => {
  const text = await output(library);
  expect(text).toMatch(/^puts@GLIBC_2\.2\.5 +1 +0 +0 +0 +0$/m);
  expect(text).toMatch(/^total +1 +0 +0 +0 +0$/m);
  const json = JSON.parse(await output('--json', library)) as Record<string, unknown>;
  expect(json).toMatchObject({
    path: library,
    sites: [{ kind: 'call', size: 5, symbolName: 'puts@GLIBC_2.2.5' }],
  });
});

test('a program: its modules, and what they refer to', async () => {
  const text = await output(program);
  expect(text).toMatch(/^libuser\.so +\d+ +1 +0 +0 +0 +0 +\d+$/m);
  expect(text).toMatch(/^call +main +libuser\.so +1 +1$/m);
  const json = JSON.parse(await output('--json', program)) as Record<string, unknown>;
  expect(json.references).toContainEqual(
    expect.objectContaining({ kind: 'call', from: program, to: library, symbol: 'use', count: 1 }),
  );
});

test('a program by its name', async () => {
  const outcome = await linkonce(['inspect', '--calls', 'main'], {
    cwd: '/',
    env: { ...process.env, PATH: shop.directory },
  });
  expect(outcome).toMatchObject({ stderr: '', status: 0 });
  expect(outcome.stdout).toContain(`${program}: `);
});

test('a library that can be run is a library; rows are left out, unless all are wanted', async () => {
  const libc = '/lib/x86_64-linux-gnu/libc.so.6';
  const [some, all] = [await output(libc), await output('--all', libc)];
  expect(some).toMatch(/^\S+: \d+ PLT slots, \d+ call sites\n/);
  expect(some).toMatch(/^\(\d+ more\)/m);
  expect(all).not.toContain(' more)');
  expect(all.length).toBeGreaterThan(some.length);
});

test('what is not there is refused in one line', async () => {
  const outcome = await linkonce(['inspect', '--calls', 'no-such-program']);
  expect(outcome).toMatchObject({
    status: 1,
    stderr: 'linkonce: no-such-program: no such program in PATH\n',
  });
});

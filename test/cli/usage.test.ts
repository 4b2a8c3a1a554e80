/** Wrong usage is refused with one line and status 2; help and version are answered at once. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { linkonce } from './linkonce.ts';

const wrong: readonly (readonly string[])[] = [
  ['no-such-command'],
  ['--no-such-option'],
  ['compare'],
  ['compare', '--no-such-option', 'ls'],
  ['compare', '--runs', '0', 'ls'],
  ['compare', '--runs', 'many', 'ls'],
  ['compare', '--processes', '1.5', 'ls'],
  ['compare', '--at', 'noon', 'ls'],
  ['compare', '--program', 'ls', 'ls'],
  ['compare', '--program', 'ls', '--workload', 'file'],
  ['compare', '--workload', 'file', 'ls'],
  ['compare', '--program', ''],
  ['compare', '--program', '# ls'],
  ['compare', '--program', "ls 'not closed"],
  ['compare', '--program', 'ls\n"not closed'],
  ['compare', '--program', '0x ls'],
  ['compare', '--program', '3x'],
  ['compare', '--systems', 'no-such-system', 'ls'],
  ['compare', '--systems', 'got-plt:no-such-variant', 'ls'],
  ['compare', '--window', '19', 'ls'],
  ['bind', '--window', '45', 'ls'],
  ['bind', '--window', '2e1', 'ls'],
  ['bind'],
  ['bind', '--system', 'no-such-system', 'ls'],
  ['bind', '-o', 'one', 'ls', 'cat'],
  ['run'],
  ['run', '--system', '', 'ls'],
  ['inspect'],
  ['inspect', 'one', 'two'],
  ['explain', '--at', 'here', 'ls'],
  ['systems', 'extra'],
  ['calls', '--rounds', '0'],
  ['calls', '--systems', 'no-such-system'],
  ['scale', '--modules', '0'],
  ['scale', '--modules', '1,2,2'],
  ['scale', '--processes', '1,2,3,4,5,6,7,8,9,10'],
  ['scale', '--modules', 'none', '--imports', 'none', '--processes', 'none'],
  ['scale', '--systems', 'got-plt:no-such-variant'],
  ['synthetic', '--modules', '0'],
  ['synthetic', '--shape', 'round'],
  ['synthetic', '--seed', '-1'],
  ['doctor', '--no-such-option'],
];

test.each(wrong.map((args) => [args.join(' '), args] as const))('%s', async (_, args) => {
  const outcome = await linkonce(args);
  expect(outcome).toMatchObject({ stdout: '', status: 2 });
  expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n(\(Did you mean [^\n]+\)\n)?$/);
});

test('without a command: the help, as an error', async () => {
  const outcome = await linkonce([]);
  expect(outcome.status).toBe(2);
  expect(outcome.stderr).toContain('Usage: linkonce');
});

describe('help', () => {
  const commands = [
    ...['compare', 'bind', 'run', 'inspect', 'explain', 'systems', 'doctor', 'pages'],
    ...['calls', 'synthetic'],
  ];
  test.each([
    ['--help'],
    ['help'],
    ...commands.map((name) => [name, '--help']),
    ...commands.map((name) => ['help', name]),
  ])('%s %s', async (...args: (string | undefined)[]) => {
    const outcome = await linkonce(args.filter((word) => word !== undefined));
    expect(outcome).toMatchObject({ stderr: '', status: 0 });
    expect(outcome.stdout).toMatch(/^Usage: linkonce/);
  });
});

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(await linkonce(['--version'])).toEqual({
    stdout: `${version}\n`,
    stderr: '',
    status: 0,
    signal: null,
  });
});

describe('colours', () => {
  test('are off in a pipe, also where CI is set', async () => {
    const outcome = await linkonce(['doctor'], { env: { ...process.env, CI: 'true', FORCE_COLOR: '' } });
    expect(outcome.stdout).not.toContain('\x1b');
  });
});

test('a reader that goes away is no failure', async () => {
  const { runProgram } = await import('../run-program.ts');
  const main = path.join(packageRoot(), 'dist/src/cli/main.js');
  const outcome = await runProgram('/bin/sh', [
    '-c',
    `"$0" "$1" inspect --json /bin/ls | head -c 1`,
    process.execPath,
    main,
  ]);
  expect(outcome).toMatchObject({ stdout: '{', stderr: '', status: 0 });
});

/** Completions as the shells themselves make them; bash is asked as readline asks it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCommands, toolFacts } from '../../src/cli/command-facts.ts';
import { createProgram } from '../../src/cli/program.ts';
import { systems } from '../../src/systems/registry.ts';
import { runProgram } from '../run-program.ts';
import { linkonce } from './linkonce.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-completion-'));
const scriptOf = (shell: string): string => path.join(folder, `linkonce.${shell}`);

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await linkonce(['completion', shell]);
    writeFileSync(scriptOf(shell), stdout);
  }
  writeFileSync(path.join(folder, 'library.so'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash would offer. It splits words at `:` and `=` as well (COMP_WORDBREAKS), and gives these as words. */
async function inBash(line: string): Promise<string[]> {
  const words = [...line.matchAll(/[^\s:=]+|[:=]+/g)].map(([word]) => word);
  if (/[\s:=]$/.test(line)) words.push('');
  const ask = `source "$0"; COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_linkonce linkonce; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const settings = { env: process.env, cwd: folder };
  const outcome = await runProgram(
    'bash',
    ['--norc', '--noprofile', '-c', ask, scriptOf('bash'), line, ...words],
    settings,
  );
  expect(outcome).toMatchObject({ stderr: '', status: 0 });
  return outcome.stdout.split('\n').filter(Boolean);
}

describe('bash', () => {
  test.each([
    ['linkonce bi', ['bind']],
    ['linkonce store a', ['add']],
    ['linkonce help syn', ['synthetic']],
    ['linkonce store add --win', ['--window']],
    ['linkonce compare --js', ['--json']],
    ['linkonce synthetic --shape ', ['chain', 'tree', 'star', 'random']],
    ['linkonce completion f', ['fish']],
    ['linkonce bind --system off', offsetTable('')],
    ['linkonce bind --system=off', offsetTable('')],
    // What stands before the last colon is not part of the word that readline replaces.
    ['linkonce bind --system offset-table:m', ['mask']],
    ['linkonce bind --system=offset-table:m', ['mask']],
    ['linkonce run -s image:', ['data', 'single', 'merged', 'partitions', 'direct']],
    ['linkonce calls --systems fixed,off', offsetTable('fixed,')],
    ['linkonce calls --systems got-plt:now,image:d', ['data', 'direct']],
    ['linkonce inspect lib', ['library.so']],
    ['linkonce bind --system fixed ./lib', ['./library.so']],
    // All that follows a program is its own.
    ['linkonce run git --', []],
    ['linkonce run git lib', ['library.so']],
    ['linkonce run --system image git lib', ['library.so']],
    ['linkonce compare --runs ', []],
  ])('%s', async (line, offered) => {
    expect(await inBash(line)).toEqual(offered);
  });

  test('offers every command and option that there is', async () => {
    for (const { path: words, commands, options } of allCommands(toolFacts(createProgram()))) {
      const line = ['linkonce', ...words, ''].join(' ');
      const names = options.flatMap((option) => option.names);
      expect(await inBash(`${line}-`)).toEqual(names);
      if (commands.length > 0) expect(await inBash(line)).toEqual(commands.map((each) => each.path.at(-1)));
    }
  });

  test('programs come from PATH', async () => {
    expect(await inBash('linkonce bind env')).toContain('env');
  });

  test('parses, and registers itself', async () => {
    const { stdout } = await runProgram('bash', [
      ...['--norc', '-c', 'source "$0"; complete -p linkonce'],
      scriptOf('bash'),
    ]);
    expect(stdout).toBe('complete -F _linkonce linkonce\n');
  });
});

function offsetTable(prefix: string): string[] {
  const { id, variants } = systems.find((system) => system.id === 'offset-table')!;
  return [id, ...variants.map((variant) => `${id}:${variant.id}`)].map((name) => prefix + name);
}

/** A shell that this machine has not is asked nothing. */
async function askShell(
  shell: string,
  args: readonly string[],
  skip: (reason: string) => never,
): Promise<string> {
  const env = { ...process.env, HOME: folder };
  const outcome = await runProgram(shell, args, { env, cwd: folder }).catch(() => undefined);
  if (outcome === undefined) return skip(`there is no ${shell}`);
  expect(outcome).toMatchObject({ stderr: '', status: 0 });
  return outcome.stdout;
}

test('zsh: the script parses', async ({ skip }) => {
  expect(await askShell('zsh', ['-n', scriptOf('zsh')], skip)).toBe('');
});

describe('fish', () => {
  const ask = 'source $argv[1]; complete -C $argv[2]';
  test.for<readonly [string, readonly string[]]>([
    ['linkonce bi', ['bind']],
    ['linkonce store a', ['add']],
    ['linkonce store add --win', ['--window']],
    ['linkonce bind --system offset-table:m', ['offset-table:mask']],
    ['linkonce calls --systems fixed,offset-table:m', ['fixed,offset-table:mask']],
    ['linkonce completion b', ['bash']],
    ['linkonce inspect lib', ['library.so']],
  ])('%s', async ([line, offered], { skip }) => {
    const answer = await askShell('fish', ['--no-config', '-c', ask, scriptOf('fish'), line], skip);
    expect(answer.split('\n').flatMap((row) => /^[^\t]+/.exec(row) ?? [])).toEqual(offered);
  });
});

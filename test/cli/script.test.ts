/** The name that a person gives is often that of a script: what is bound is the program that it starts in the end, and that is said. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../src/program/find-program.ts';
import { attempt } from '../../src/util/outcome.ts';
import { workshop } from '../program/workshop.ts';
import { runProgram, type Outcome } from '../run-program.ts';
import { linkonce } from './linkonce.ts';

const shop = workshop();
const at = (...names: readonly string[]) => path.join(shop.directory, ...names);
const output = at('launcher');
const environment = { ...process.env, LINKONCE_DEBUG: '1' };

const worker = `
  #include <dlfcn.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #include <unistd.h>
  int main(int argc, char **argv) {
    if (getenv("PLUGIN") && !dlopen(getenv("PLUGIN"), RTLD_NOW)) return 3;
    if (argc > 1 && !strcmp(argv[1], "wait")) for (;;) pause();
    volatile long spent = 0;
    if (argc > 1 && !strcmp(argv[1], "work")) while (spent < 100000000) spent++;
    puts("work is done");
    return 0;
  }`;

function script(name: string, text: string, shell = '/bin/sh'): string {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), `#!${shell}\n${text}\n`, { mode: 0o755 });
  return at(name);
}

beforeAll(() => {
  shop.program('worker', worker);
  shop.library('plugin.so', 'int own; int *table[512] = { &own };');
  shop.library('libs/libneeded.so', 'int needed(void) { return 0; }', '-Wl,-soname,libneeded.so');
  shop.program('needing', 'int needed(void); int main(void) { return needed(); }', at('libs/libneeded.so'));
  const execute = (file: string) =>
    `#include <unistd.h>\n#include <sys/wait.h>\nint main(int argc, char **argv) { argv[0] = "${file}"; `;
  shop.program('splash', `${execute(at('worker'))} if (!fork()) execv(argv[0], argv); wait(0); return 0; }`);
  shop.program('other/tool', worker);
  shop.program('proxy', `${execute(at('other/tool'))} execv(argv[0], argv); return 1; }`);
  symlinkSync('proxy', at('tool'));
});

const bind = (...args: readonly string[]): Promise<Outcome> => linkonce(['bind', '-o', output, ...args]);

/** It was bound for the script, said so, and its launcher runs. */
async function expectBound(outcome: Outcome, named: string, program: string): Promise<void> {
  expect(outcome).toMatchObject({ stderr: '', status: 0 });
  const line = `${named} is a script that starts ${program}: that is bound; ${path.basename(named)} itself goes on starting the original\n`;
  expect(outcome.stdout).toContain(line);
  expect(await runProgram(output, [], { env: environment })).toMatchObject({
    stdout: 'work is done\n',
    stderr: '',
    status: 0,
  });
}

describe('a plain script says it itself, and is not run', () => {
  const trace = () => at('trace');
  test.each<[string, () => string]>([
    ['exec', () => script('plain', `echo run >${trace()}\nexec ${at('worker')} "$@"`)],
    ['exec -a', () => script('named', `exec -a "$0" '${at('worker')}' "$@"`, '/usr/bin/env bash')],
    [
      'a call with its arguments',
      () => script('calling', `set -e\n\n"${at('worker')}" --quiet "$@"\n# done`),
    ],
    [
      'exec of a script',
      () => script('outer', `exec \\\n  ${script('inner', `exec ${at('worker')} "$@"`)} "$@"`),
    ],
    ['a link', () => (symlinkSync('plain', at('link')), at('link'))],
  ])('%s', async (_, make) => {
    const named = make();
    await expectBound(await bind(named), named, at('worker'));
    expect(attempt(() => findProgram(trace(), ''))).toHaveProperty('failure');
  });

  test.each<[string, string]>([
    ['a variable', `exec "$DIR/worker" "$@"`],
    ['two programs', `[ -t 0 ] && exec /bin/true\nexec /bin/false "$@"`],
    ['a program that starts another', `exec /usr/bin/env A=1 worker "$@"`],
    ['a variable of the linker', `export LD_LIBRARY_PATH=/tmp\nexec /bin/true "$@"`],
    ['a list', `/bin/true "$@" && exec /bin/false; exit`],
    ['no program', `exec 2>/dev/null\necho hello`],
  ])('not plain: %s', async (_, text) => {
    const { stdout, stderr, status } = await bind(script('unknown', text));
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr).toBe(
      `linkonce: ${at('unknown')} is a script (#!/bin/sh): name the program that it starts; ` +
        '`bind` and `store add` find it by a run, with --learn ARGS\n',
    );
  });

  test('of another interpreter', async () => {
    const { stderr, status } = await bind(script('python', 'print()', '/usr/bin/env python3'), '--learn', '');
    expect(status).toBe(1);
    expect(stderr).toMatch(/ is a script \(#!\/usr\/bin\/env python3\): bind its interpreter instead\n$/);
  });

  test('run starts the script as it is, and says which program it starts', async () => {
    const named = script('setting', `GREETING=hello\nexport GREETING\nexec /usr/bin/printenv "$@"`);
    const { stdout, stderr } = await linkonce(['run', named, 'GREETING']);
    expect(stdout).toBe('hello\n');
    expect(stderr).toContain('is a script (#!/bin/sh) that starts /usr/bin/printenv: name that');
  });
});

describe('by a run of it', () => {
  const dir = 'dir=$(dirname "$(readlink -f "$0")")';
  test.each<[string, string, string, string?]>([
    ['exec', `${dir}\nexec "$dir/worker" "$@"`, ''],
    ['by other programs', `${dir}\nexec env A=1 nice "$dir/worker" "$@"`, ''],
    ['without exec', `${dir}\ngrep -q x "$0"\n"$dir/worker" "$@"\necho done`, 'work'],
    ['in a shell of a shell', `${dir}\n(sh -c '"$0/worker" "$@"' "$dir" "$@")`, 'work'],
    ['a program that waits for it', `${dir}\nexec "$dir/splash" "$@"`, 'work'],
    ['one that does not end', `${dir}\nexec "$dir/worker" "$@"`, 'wait'],
  ])('%s', async (name, text, args) => {
    const named = script(`by-run/../${name.replaceAll(' ', '-')}`, text);
    await expectBound(await bind('--learn', args, '--learn-seconds', '2', named), named, at('worker'));
  });

  test('what the program opens is learnt with what the script sets', async () => {
    const named = script(
      'opening',
      `PLUGIN=${at('plugin.so')}\nexport PLUGIN\n${dir}\nexec "$dir/worker" "$@"`,
    );
    const outcome = await bind('--learn', '', named);
    await expectBound(outcome, named, at('worker'));
    expect(outcome.stdout).toContain('opens 1, all prepared');
  });

  test('variables of the linker count where the program needs them', async () => {
    const set = (program: string) =>
      `LD_LIBRARY_PATH=${at('libs')}\nexport LD_LIBRARY_PATH\n${dir}\nexec "$dir/${program}" "$@"`;
    const free = script('free', set('worker'));
    await expectBound(await bind('--learn', '', free), free, at('worker'));
    const named = script('bound', set('needing'));
    const { stdout, stderr } = await bind('--learn', '', named);
    expect(stderr).toBe('');
    expect(stdout).toContain(`for starts with LD_LIBRARY_PATH=${at('libs')}:`);
    expect(stdout).not.toContain('would not');
    const env = { ...environment, LD_LIBRARY_PATH: at('libs') };
    expect(await runProgram(output, [], { env })).toEqual({
      stdout: '',
      stderr: '',
      status: 0,
      signal: null,
    });
  });

  test('a program that executes another of its name in its place', async () => {
    const { stdout } = await bind('--learn', '', at('tool'));
    expect(stdout).toContain(
      `${at('tool')} executes ${at('other/tool')}: that is bound; tool itself goes on`,
    );
  });

  test('no program', async () => {
    const named = script('nothing', 'exit 3');
    expect(await bind('--learn', 'a b', named)).toMatchObject({
      stderr: `linkonce: ${named} a b: starts no program but shells: it ended with status 3\n`,
      status: 1,
    });
  });

  test('a store has the program by its own name', async () => {
    const named = script('stored', `${dir}\nexec "$dir/worker" "$@"`);
    const store = ['--store', at('store')];
    const add = (...args: readonly string[]) => linkonce(['store', 'add', ...store, ...args]);
    expect((await add(named)).stderr).toContain('with --learn ARGS');
    const { stdout, stderr } = await add('--learn', '', named, '/bin/true');
    expect(stderr).toBe('');
    expect(stdout).toContain(
      `${named} is a script that starts ${at('worker')}: that is bound; stored itself`,
    );
    const start = await runProgram(at('store', 'bin', 'worker'), [], { env: environment });
    expect(start).toMatchObject({ stdout: 'work is done\n', stderr: '' });
    expect(JSON.parse((await linkonce(['store', 'list', '--json', ...store])).stdout)).toMatchObject({
      programs: [{ name: 'true' }, { name: 'worker' }],
    });
  });
});

/** What Debian has. */
describe.each([
  ['soffice', '--version', /\/program\/soffice\.bin$/],
  ['chromium', '--version', /\/lib\/chromium\/chromium$/],
  ['R', '--version', /\/bin\/exec\/R$/],
])('%s', (name, args, program) => {
  test('is found', async ({ skip }) => {
    const file = attempt(() => findProgram(name, '/usr/bin'));
    if ('failure' in file) return skip(`${name} is not installed`);
    if (!readFileSync(file.value).subarray(0, 2).equals(Buffer.from('#!')))
      return skip(`${name} is no script`);
    const { stdout } = await bind('--learn', args, file.value);
    const [, found = ''] = / is a script that starts ([^:]+): that is bound/.exec(stdout) ?? [];
    expect(found).toMatch(program);
  });
});

/** `--learn` and `--with`: what is said of modules that programs open, and of what is no such module. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { readJson } from '../../src/report/json.ts';
import { patienceMs } from '../patience.ts';
import { runProgram } from '../run-program.ts';
import { linkonce, main } from './linkonce.ts';

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'linkonce-cli-opened-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pathOf = (name: string) => path.join(folder, name);

function compile(name: string, source: string, flags: readonly string[] = [], compiler = 'cc'): string {
  mkdirSync(path.dirname(pathOf(name)), { recursive: true });
  const args = ['-x', 'c', '-', '-x', 'none', '-w', '-o', pathOf(name), ...flags];
  execFileSync(compiler, args, { input: source });
  return pathOf(name);
}

const shared = ['-shared', '-fPIC'];
const first = compile('plugins/first.so', 'int own; int *table[512] = { &own };', shared);
const second = compile('plugins/second.so', 'int own; int *table[512] = { &own };', shared);
const wrong = compile('wrong/unresolved.so', 'extern int nowhere; int *p = &nowhere;', shared);
compile('wrong/good.so', 'int own; int *table[512] = { &own };', shared);
writeFileSync(pathOf('wrong/text'), 'no module');
mkdirSync(pathOf('empty'));

/** `s`: it writes its number to the file behind it, and stays. A number: it ends with that. */
const source = `
  #include <dlfcn.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <unistd.h>
  int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
      if (argv[i][0] == '/') dlopen(argv[i], RTLD_NOW);
      else if (argv[i][0] == 's') { FILE *f = fopen(argv[++i], "w"); fprintf(f, "%d\\n", (int)getpid()); fclose(f); for (;;) pause(); }
      else return atoi(argv[i]);
    }
    puts("done");
    return 0;
  }`;
const opener = compile('opener', source);
const bind = (...args: readonly string[]) => linkonce(['bind', ...args], { cwd: folder });

describe('bind says what the program opens', () => {
  test.each([
    ['by one run', ['--learn', first], 'opens 1, all prepared'],
    ['by several runs', ['--learn', `${first} '${second}'`, '--learn', second], 'opens 2, all prepared'],
    ['a module', ['--with', 'plugins/first.so'], 'opens 1, all prepared'],
    ['a folder', ['--with', 'plugins'], 'opens 2, all prepared'],
    ['a name that ld.so finds', ['--with', 'libm.so.6'], 'opens 1, all prepared'],
    ['all of it', ['--learn', '', '--learn', first, '--with', 'plugins'], 'opens 2, all prepared'],
  ])('%s', async (_, options, said) => {
    const { stdout, stderr, status } = await bind(opener, ...options);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(new RegExp(`^\\S+opener-linkonce: \\d+ modules, .*\\n {2}${said}\\n`));
    expect(await runProgram(pathOf('opener-linkonce'), [first])).toMatchObject({
      stdout: 'done\n',
      status: 0,
    });
  });

  test('that a run failed, and the rest of a folder of which one cannot be opened', async () => {
    const { stdout, stderr, status } = await bind(opener, '--learn', `${first} 3`, '--with', 'wrong');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toContain('  opens 2, all prepared\n');
    expect(stdout).toContain(`  its run with ${first} 3 ended with status 3\n`);
    expect(stdout).toContain(`  ${wrong}: undefined symbol: nowhere\n`);
  });

  test('nothing where it opens nothing', async () => {
    expect((await bind(opener, '--learn', '')).stdout).not.toContain('opens');
  });

  test('why a module is not prepared, where that is asked', async () => {
    const text = compile(
      'text.so',
      'extern int f(void); int g(void) { return f(); } int f(void) { return 1; }',
      ['-shared', '-Wl,-z,notext', '-fno-pic', '-mcmodel=large'],
    );
    const short = await bind(opener, '--with', text);
    expect(short.stdout).toContain('  opens 1, none prepared\n');
    expect(short.stdout).not.toContain('text.so');
    const long = await bind('-v', opener, '--with', text);
    expect(long.stdout).toMatch(/ {2}opens 1, none prepared\n {4}\S+text\.so: .+\n/);
  });

  test.each(['rebase-startup', 'rebase-page-in'])(
    '%s, whose modules move, leaves it to ld.so',
    async (id) => {
      const { stdout, stderr, status } = await bind('-v', '--system', id, opener, '--with', first);
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      expect(stdout).toMatch(
        / {2}opens 1, none prepared\n {4}\S+first\.so: its system moves modules at the start/,
      );
    },
  );

  test('with several programs each has its own', async () => {
    const { stdout } = await bind(opener, 'true', '--with', first);
    expect(stdout.match(/opens 1, all prepared/g)).toHaveLength(2);
  });
});

describe('one line for what is wrong', () => {
  test.each([
    ['no such module', ['--with', './none.so'], /^linkonce: .\/none\.so: no such module\n$/],
    ['an empty name', ['--with', ''], /no such module/],
    [
      'a name that ld.so does not find',
      ['--with', 'none.so'],
      /^linkonce: none\.so: cannot open shared object file/,
    ],
    ['a text', ['--with', pathOf('wrong/text')], /text is no ELF file/],
    ['a program', ['--with', opener], /opener is no shared object/],
    ['a folder without modules', ['--with', 'empty'], /empty: has no shared object in it/],
    ['a module that lacks a symbol', ['--with', wrong], /unresolved\.so: undefined symbol: nowhere/],
  ])('%s', async (_, options, words) => {
    const output = pathOf(`refused-${String(Math.abs(options.join('').length))}`);
    const { stdout, stderr, status } = await bind('-o', output, opener, ...options);
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr).toMatch(/^linkonce: [^\n]+\n$/);
    expect(stderr).toMatch(words);
    expect(existsSync(output)).toBe(false);
  });

  test.each([
    ['a quote that is not closed', ['bind', 'true', '--learn', "'a"], /the quote ' is not closed/],
    ['no time', ['bind', 'true', '--learn', '', '--learn-seconds', '0'], /from 1 on/],
    ['forgotten and named', ['store', 'learn', '--forget', '--with', 'a', 'true'], /--forget is for all/],
    ['forgotten and run', ['store', 'learn', '--forget', 'true', 'a'], /--forget is for all/],
  ])('wrong usage: %s', async (_, args, words) => {
    const { stdout, stderr, status } = await linkonce(args);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(words);
  });
});

const musl = 'musl-gcc';
const hasMusl = spawnSync(musl, ['--version']).status === 0 && existsSync('/lib/ld-musl-x86_64.so.1');
test.skipIf(!hasMusl)('musl: the program is bound as ever, and why not what it opens', async () => {
  const file = compile(
    'for-musl',
    'int puts(const char *); int main(void) { return puts("musl") < 0; }',
    [],
    musl,
  );
  const { stdout, stderr, status } = await bind(file, '--learn', '', '--with', first);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toContain(`  ${file}: musl: modules that it opens cannot be prepared\n`);
  expect(await runProgram(pathOf('for-musl-linkonce'), [])).toMatchObject({ stdout: 'musl\n', status: 0 });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends the run of the program, too', async (signal) => {
  const [pid, temporary] = [pathOf(`pid-${signal}`), pathOf(`tmp-${signal}`)];
  mkdirSync(temporary);
  const args = [
    main,
    'bind',
    '-o',
    pathOf('stopped'),
    opener,
    '--learn',
    `s ${pid}`,
    '--learn-seconds',
    '1000',
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TMPDIR: temporary },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const written = () => (existsSync(pid) ? readFileSync(pid, 'utf8') : '');
  await vi.waitUntil(() => written().endsWith('\n'), { timeout: patienceMs, interval: 2 });
  child.kill(signal);
  expect(await ended).toEqual([130, null]);
  expect(existsSync(`/proc/${written().trim()}`)).toBe(false);
  expect(readdirSync(temporary)).toEqual([]);
  expect(existsSync(pathOf('stopped'))).toBe(false);
});

test('compare --learn measures what was learnt by the very arguments, and says how that went', async () => {
  const json = pathOf('measurement.json');
  const options = ['--systems', 'got-plt:lazy,image:single', '--runs', '2', '--counts', '1', '--no-calls'];
  const lines = [`${opener} ${first} 0`, `${opener} ${second} 3`];
  const programs = lines.flatMap((line) => ['--program', line]);
  const compare = ['compare', ...options, '--json', json, '--learn', ...programs];
  const { stdout, stderr, status } = await linkonce(compare);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toMatch(/^3 modules and 2 that it opens; /m);
  const measurement = await readJson(json);
  expect(measurement.programs.map(({ opened }) => opened)).toEqual([2, 2]);
  expect(measurement.warnings).toContainEqual({
    kind: 'learning',
    message: `its run with ${second} 3 ended with status 3`,
    program: 0,
  });
  expect(measurement.warnings.map(({ kind }) => kind)).not.toContain('output-differs');
});

test.each(['bind', 'compare'])(
  '%s says in one line that there is no folder for temporary files',
  async (command) => {
    const env = { ...process.env, TMPDIR: pathOf('nowhere') };
    const options = command === 'bind' ? ['--learn', ''] : ['--systems', 'got-plt:lazy'];
    const outcome = await linkonce([command, ...options, opener], { env, cwd: folder });
    expect(outcome).toMatchObject({ stdout: '', status: 1 });
    expect(outcome.stderr).toBe(
      `linkonce: ${pathOf('nowhere')}: is no folder for temporary files (ENOENT); TMPDIR says which\n`,
    );
  },
);

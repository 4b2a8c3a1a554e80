/** A program that is bound for variables of the linker runs from its image with them as it would without linkonce, and hands over with others. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { linkerVariables } from '../../src/program/environment.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { packageRoot } from '../../src/util/native.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { expectHandOver, expectImage } from './workplace.ts';

type Variables = Readonly<Record<string, string>>;

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-environment-'));
const at = (name: string): string => path.join(folder, name);
const sources = path.join(packageRoot(), 'test', 'contract', 'environment');

function compile(compiler: string, source: string, output: string, ...flags: readonly string[]): void {
  mkdirSync(path.dirname(at(output)), { recursive: true });
  const all = ['-O1', '-Wall', '-Wextra', '-Werror', path.join(sources, source), ...flags];
  execFileSync(compiler, [...all, '-o', at(output)]);
}

/** One program with its library, and others of the same names. */
function compileSet(compiler: string, set: string): void {
  for (const who of ['usual', 'other'])
    for (const name of ['liborder.so', 'libplug.so'])
      compile(
        compiler,
        'order.c',
        `${set}/${who}/${name}`,
        ...['-shared', '-fPIC', `-Wl,-soname,${name}`, `-DWHO="${who}"`],
      );
  compile(compiler, 'preload.c', `${set}/preload.so`, '-shared', '-fPIC');
  const runpath = '-Wl,--enable-new-dtags,-rpath,$ORIGIN/usual';
  compile(compiler, 'main.c', `${set}/main`, at(`${set}/usual/liborder.so`), '-Wl,-z,lazy', runpath);
}

beforeAll(() => {
  compileSet('gcc', 'glibc');
  compileSet('musl-gcc', 'musl');
  compile('gcc', 'twice.c', 'twice');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bind(set: string, form: string, variables: Variables, asInterpreter = false): Promise<string> {
  const [id = '', variant = ''] = form.split(':');
  const system = findSystem(id)!;
  // A copy of the program finds its libraries beside itself, too.
  const output = at(`${set}/${path.basename(mkdtempSync(at('bound-')))}`);
  const choice = { system, variant, output, asInterpreter };
  return (await bindProgram(at(`${set}/main`), { ...choice, variables: linkerVariables(variables) })).file;
}

const start = (file: string, variables: Variables) =>
  runProgram(file, [], { env: { ...debugging, ...variables }, cwd: '/' });

const library = { LD_LIBRARY_PATH: at('glibc/other') };
const preload = { LD_PRELOAD: at('glibc/preload.so') };
const arenas = { MALLOC_ARENA_MAX: '1' };
const eager = { LD_BIND_NOW: '1' };
const tunables = { GLIBC_TUNABLES: 'glibc.malloc.perturb=165:glibc.malloc.arena_max=2' };
const all = { ...library, ...preload, ...eager, ...tunables };

/** What must be said beside what the program says without linkonce. */
const cases: readonly (readonly [string, Variables, readonly string[]])[] = [
  ['none', {}, ['library from usual', '7 arenas', 'malloc gives 00']],
  ['MALLOC_ARENA_MAX', arenas, ['1 arenas', 'MALLOC_ARENA_MAX is 1']],
  ['LD_LIBRARY_PATH', library, ['library from other', 'plug-in from other']],
  ['a list that ends with nothing', { LD_LIBRARY_PATH: `${at('glibc/other')}:` }, ['library from other']],
  ['folders that are not there', { LD_LIBRARY_PATH: '/nowhere;nowhere:/nowhere' }, ['library from usual']],
  ['LD_PRELOAD', preload, ['library from usual, by way of the preload']],
  ['LD_BIND_NOW', eager, ['LD_BIND_NOW is 1']],
  ['LD_BIND_NOW without a value', { LD_BIND_NOW: '' }, ['LD_BIND_NOW is \n']],
  [
    'GLIBC_TUNABLES',
    tunables,
    ['malloc gives 5a', '2 arenas', `GLIBC_TUNABLES is ${tunables.GLIBC_TUNABLES}`],
  ],
  [
    'all of them',
    all,
    ['library from other, by way of the preload', 'plug-in from other', 'malloc gives 5a'],
  ],
];

const forms = [
  ['image:single', false],
  ['image:single', true],
  ['prelink:files', false],
  ['rebase-startup:slide', false],
  ['offset-table:mask', false],
] as const;

describe.each(forms)('%s, as an interpreter: %s', (form, asInterpreter) => {
  test.each(cases)('%s', async (_, variables, expected) => {
    const stock = await start(at('glibc/main'), variables);
    for (const line of expected) expect(stock.stdout).toContain(line);
    const launcher = await bind('glibc', form, variables, asInterpreter);
    expectImage(await start(launcher, variables), stock.stdout);
    const others = cases.map(([, each]) => each).filter((each) => each !== variables);
    for (const other of others)
      expectHandOver(
        await start(launcher, other),
        (await start(at('glibc/main'), other)).stdout,
        'not bound for',
      );
  });
});

describe('the same variables', () => {
  let launcher: string;
  beforeAll(async () => (launcher = await bind('glibc', 'image:single', { ...arenas, ...library })));

  test('in any order', async () => {
    const usual = await start(launcher, { ...arenas, ...library });
    expectImage(usual, usual.stdout);
    expect(await start(launcher, { ...library, ...arenas })).toEqual(usual);
  });

  test('but one of them twice', async () => {
    const twice = await runProgram(at('twice'), ['MALLOC_ARENA_MAX=1', launcher], {
      env: { ...debugging, ...arenas, ...library },
    });
    expect(twice.stderr).toContain('not bound for');
    const instead = await runProgram(at('twice'), ['MALLOC_ARENA_MAX=1', launcher], {
      env: { ...debugging, ...arenas },
    });
    expect(instead.stderr).toContain('not bound for');
  });
});

describe('musl', () => {
  const musl = { LD_LIBRARY_PATH: at('musl/other'), LD_PRELOAD: at('musl/preload.so') };
  const { LD_LIBRARY_PATH } = musl;

  test.each([
    ['none', {}, ['library from usual', 'plug-in from usual']],
    ['LD_LIBRARY_PATH', { LD_LIBRARY_PATH }, ['library from other', 'plug-in from other']],
    ['both', musl, ['library from other, by way of the preload', 'plug-in from other']],
  ])('%s', async (_, variables, expected) => {
    const stock = await start(at('musl/main'), variables);
    for (const line of expected) expect(stock.stdout).toContain(line);
    // The linker keeps where the text of LD_LIBRARY_PATH is: dlopen reads it there.
    const launcher = await bind('musl', 'image:single', variables);
    const [first, ...more] = Object.entries(variables).reverse();
    for (const env of [variables, first ? Object.fromEntries([['FILLER', 'f'], first, ...more]) : {}])
      expectImage(await start(launcher, env), stock.stdout);
  });
});

test.each([
  'LD_AUDIT',
  'LD_DEBUG',
  'LD_DEBUG_OUTPUT',
  'LD_TRACE_LOADED_OBJECTS',
  'LD_SHOW_AUXV',
  'LD_BIND_NOT',
])('nothing is bound for %s', async (name) => {
  await expect(bind('glibc', 'image:single', { [name]: 'x' })).rejects.toThrow(`with ${name} set its linker`);
});

test('nothing is bound where the linker says something at each start', async () => {
  const nowhere = { LD_PRELOAD: '/nowhere/preload.so' };
  await expect(bind('glibc', 'image:single', nowhere)).rejects.toThrow(
    /its dynamic linker says something at each start: ERROR: .*nowhere/,
  );
});

test('a library that counts from the working directory is refused', async () => {
  const relative = { LD_PRELOAD: './preload.so' };
  await expect(bind('glibc', 'image:single', relative)).rejects.toThrow('in different working directories');
});

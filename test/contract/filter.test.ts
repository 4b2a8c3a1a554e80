/**
 * Under a filter of system calls a launcher lives where its program lives. docs/system-calls.md says which calls it makes: here they
 * are compared with the loader's source, and nothing else is permitted.
 */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { packageRoot } from '../../src/util/native.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { compileHere } from './compile.ts';
import { handedOver } from './workplace.ts';

const debugging = { ...environment, LINKONCE_DEBUG: '1' };

/** The calls of each section's table, in the order of the page. */
function documented(): readonly (readonly string[])[] {
  const page = readFileSync(path.join(packageRoot(), 'docs', 'system-calls.md'), 'utf8');
  const tables = page.split(/\n\n/).filter((part) => part.startsWith('| call'));
  return tables.map((table) => [...table.matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name));
}

function ofSource(): readonly string[] {
  const native = path.join(packageRoot(), 'native');
  const files = ['loader.c', ...readdirSync(native).filter((name) => name.endsWith('.h'))];
  const text = files.map((name) => readFileSync(path.join(native, name), 'utf8')).join('\n');
  return [...new Set([...text.matchAll(/__NR_(\w+)/g)].map(([, name = '']) => name))].sort();
}

/** Of calls by name, as the kernel's headers have them. */
function numbersOf(names: readonly string[]): readonly string[] {
  const header = execFileSync('cc', ['-E', '-dM', '-include', 'sys/syscall.h', '-x', 'c', '/dev/null'], {
    encoding: 'utf8',
  });
  const known = new Map(
    [...header.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(([, name, number]) => [name, number]),
  );
  return names.map((name) => known.get(name) ?? `no number of ${name}`);
}

test('the page names the calls of the source, each once in a section', () => {
  const tables = documented();
  expect(tables).toHaveLength(3);
  expect([...new Set(tables.flat())].sort()).toEqual(ofSource());
});

/** What glibc's linker makes beside, of one version or another; a launcher does not. */
const ofLinker = ['access', 'fstat', 'getrandom', 'readlink'];
const actions = ['kill', 'EPERM', 'ENOSYS'];

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-filter-'));
  mkdirSync(at('home'));
  compileHere('only-calls', at('only-calls'), '-Wno-unused-result');
  compileHere('names', at('home', 'names'));
  compileHere('names', at('home', 'fixed'), '-no-pie', '-fno-pie');
  await bind('names', 'launch');
  await bind('names', 'names');
  await bind('fixed', 'launch-fixed');
  await bind('names', 'copy', true);
  await bind('fixed', 'copy-fixed', true);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bind(program: string, output: string, asInterpreter = false): Promise<void> {
  const system = findSystem('image');
  if (!system) throw new Error('there is no system image');
  const settings = { system, variant: 'single', output: at(output), asInterpreter };
  await bindProgram(at('home', program), settings, () => undefined);
}

/** Starts a file under a filter that permits some calls only. */
function start(
  action: string,
  calls: readonly string[],
  file: string,
  env: Readonly<Record<string, string>> = debugging,
) {
  return runProgram(at('only-calls'), [action, ...numbersOf(calls), '--', file, 'one'], { env });
}

const itself = (file: string, comm: string): string =>
  [`argv ${file}`, 'argv one', `AT_EXECFN ${file}`, `comm ${comm}\n`, `cmdline ${file}|one|\n`].join('\n');

const [ofTable = []] = documented();
const inService = { ...debugging, INVOCATION_ID: '1' };
/** Whose refusal is an error may be asked for more. */
const filters = [
  ...actions.map((action) => [action, 'with prctl', [...ofTable, 'prctl'], debugging] as const),
  ...actions.map((action) => [action, 'in a service', ofTable, inService] as const),
  ...actions.slice(1).map((action) => [action, 'without prctl', ofTable, debugging] as const),
];

describe.each(filters)('where any other call means %s, %s', (action, kind, permitted, env) => {
  test.each([
    ['launch', 'names'],
    ['names', 'names'],
    ['launch-fixed', 'fixed'],
  ])('%s runs from its image, and is called as its program', async (launcher, program) => {
    const { stdout, stderr, signal } = await start(action, permitted, at(launcher), env);
    const expected = itself(at('home', program), program);
    expect({ stdout, stderr, signal }).toEqual({ stdout: expected, stderr: '', signal: null });
  });

  test.each(['copy', 'copy-fixed'])('%s, an interpreter, runs from its image', async (copy) => {
    const { stdout, stderr, signal } = await start(action, permitted, at(copy), env);
    expect({ stdout, stderr, signal }).toEqual({ stdout: itself(at(copy), copy), stderr: '', signal: null });
  });

  test('by another name it is called by that name', async () => {
    const link = at(`other-${action}-${String(kind.length)}`);
    symlinkSync(at('launch'), link);
    const { stdout, stderr } = await start(action, permitted, link, env);
    expect({ stdout, stderr }).toEqual({ stdout: itself(link, path.basename(link)), stderr: '' });
  });

  test.each(['launch', 'launch-fixed', 'copy', 'copy-fixed'])(
    '%s is handed over, and lives',
    async (file) => {
      const handing = { ...env, LD_NOTHING: '1' };
      const outcome = await start(action, [...permitted, ...ofLinker], at(file), handing);
      expect(outcome.stderr).toMatch(handedOver);
      expect(outcome.stdout).toMatch(/^argv \/[^]*\ncmdline /);
    },
  );
});

test('a program with several names and links to them is handed over', async () => {
  const program = at('several');
  compileHere('names', program);
  linkSync(program, `${program}-too`);
  symlinkSync(program, at('home', 'several'));
  await bind('several', 'launch-several');
  const outcome = await start('kill', [...ofTable, 'prctl', ...ofLinker], at('launch-several'));
  expect(outcome.stderr).toMatch(/under a filter of system calls no link is read\n/);
  expect(outcome.stdout).toMatch(/^argv \//);
});

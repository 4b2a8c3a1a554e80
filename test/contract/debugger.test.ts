/**
 * Debuggers see the functions and libraries of a launcher's process, and of a copy's in interpreter mode: by attaching, in a core
 * file, and where they start launcher or copy themselves. valgrind checks what a launcher is for.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { environment } from '../programs/build.ts';
import { compileHere } from './compile.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-debugger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => path.join(folder, name);

const withoutGdb = spawnSync('gdb', ['--version']).error && 'there is no gdb';

function gdb(...args: readonly string[]): string {
  const quiet = ['-q', '-nx', '-batch', '-iex', 'set debuginfod enabled off'];
  const env = { ...environment, LINKONCE_DEBUG: '1' };
  const { stdout, stderr } = spawnSync('gdb', [...quiet, ...args], { cwd: folder, env, encoding: 'utf8' });
  return stdout + stderr;
}

const look = ['-ex', 'bt', '-ex', 'info sharedlibrary'];

/** What a debugger shows that understands the process. */
function expectInsight(shown: string): void {
  expect(shown).toMatch(/^#\d .*\bin work \(/m);
  expect(shown).toMatch(/^#\d .*\bin main \(/m);
  for (const library of ['libm.so.6', 'libc.so.6'])
    expect(shown).toMatch(new RegExp(`Yes.*/${library.replaceAll('.', '\\.')}$`, 'm'));
}

beforeAll(() => {
  const flags = ['-g', '-fno-optimize-sibling-calls', '-Wl,--no-as-needed', '-lm'];
  compileHere('debugged', at('moving'), '-pie', ...flags);
  compileHere('debugged', at('fixed'), '-no-pie', ...flags);
});

/** What is started, whether it is a copy, and which files a person may give to the debugger. */
const forms = ['moving', 'fixed'].flatMap((program) => [
  { name: `${program}-launcher`, program, asInterpreter: false, files: [program] },
  { name: `${program}-copy`, program, asInterpreter: true, files: [`${program}-copy`, program] },
]);

async function bind(name: string, program: string, asInterpreter: boolean): Promise<string> {
  const system = findSystem('image');
  if (!system) throw new Error('there is no system image');
  const settings = { system, variant: 'single', output: at(name), asInterpreter };
  return (await bindProgram(at(program), settings)).file;
}

/** Starts it and calls `act` while it waits. */
async function whileItWaits(file: string, act: (pid: string) => void): Promise<void> {
  const child = spawn(file, { env: { ...environment, LINKONCE_DEBUG: '1' } });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const ended = once(child, 'close');
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('ready\n');
    act(String(child.pid));
  } finally {
    child.stdin.end();
    await ended;
  }
  expect(complaint).toBe('');
}

/** core(5): undefined where the kernel gives the core to a program, or puts it elsewhere. */
function dumpCore(file: string): string | undefined {
  const before = new Set(readdirSync(folder));
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim();
  if (/[|/]/.test(pattern)) return undefined;
  spawnSync('sh', ['-c', `ulimit -c unlimited && exec "$0" x`, file], { cwd: folder, env: environment });
  const core = readdirSync(folder).find((name) => !before.has(name));
  if (core === undefined) return undefined;
  // The next one may have the same name.
  renameSync(at(core), `${file}.core`);
  return `${file}.core`;
}

describe.each(forms)('$name', ({ name, program, asInterpreter, files }) => {
  beforeAll(() => bind(name, program, asInterpreter));

  test('attached to', async ({ skip }) => {
    if (withoutGdb) skip(withoutGdb);
    const given = asInterpreter ? [] : [at(program)];
    await whileItWaits(at(name), (pid) => {
      expectInsight(gdb(...given, '-p', pid, ...look));
    });
  });

  test('in a core file that the debugger wrote', async ({ skip }) => {
    if (withoutGdb) skip(withoutGdb);
    const core = at(`${name}.gcore`);
    await whileItWaits(at(name), (pid) => {
      gdb(at(program), '-p', pid, '-ex', `generate-core-file ${core}`);
    });
    for (const file of files) expectInsight(gdb(at(file), core, ...look));
  });

  test('in a core file that the kernel wrote', ({ skip }) => {
    if (withoutGdb) skip(withoutGdb);
    const core = dumpCore(at(name));
    if (core === undefined) skip('the kernel leaves no core file in the folder of the process');
    for (const file of files) expectInsight(gdb(at(file), core ?? '', ...look));
  });

  test('started by the debugger', ({ skip }) => {
    if (withoutGdb) skip(withoutGdb);
    const shown = gdb(at(name), '-ex', 'break main', '-ex', 'run </dev/null', ...look, '-ex', 'continue');
    expect(shown).toMatch(/^Breakpoint 1, main \(/m);
    expect(shown).toMatch(/Yes.*\/libm\.so\.6$/m);
    expect(shown).toContain("handed over to the platform's linker: a debugger started it");
    expect(shown).toContain('done 1');
  });

  test.runIf(!asInterpreter)('stopped where the launcher has no symbol', ({ skip }) => {
    if (withoutGdb) skip(withoutGdb);
    const pending = ['-ex', 'set breakpoint pending on', '-ex', 'break work'];
    const shown = gdb(at(name), ...pending, '-ex', 'run </dev/null', ...look);
    expect(shown).toMatch(/^Breakpoint 1, work \(/m);
  });

  test.runIf(!asInterpreter)('with addresses that the kernel draws', ({ skip }) => {
    if (withoutGdb) skip(withoutGdb);
    const shown = gdb(at(name), '-ex', 'set disable-randomization off', '-ex', 'start </dev/null');
    expect(shown).toMatch(/^Temporary breakpoint 1, main \(/m);
  });

  test('checked by valgrind', ({ skip }) => {
    const { error, stderr } = spawnSync('valgrind', [at(name)], { env: environment, input: '' });
    if (error) skip('there is no valgrind');
    // The buffer of its output at least.
    expect(stderr.toString()).toMatch(/total heap usage: [1-9]/);
  });
});

test('what traces a launcher and is no debugger does not change how it starts', ({ skip }) => {
  const env = { ...environment, LINKONCE_DEBUG: '1' };
  const started = (...before: readonly string[]): string =>
    spawnSync('env', [...before, at('moving-launcher')], { env, input: '', encoding: 'utf8' }).stderr;
  expect(started('setarch', '-R')).toBe('');
  if (spawnSync('strace', ['-V']).error) skip('there is no strace');
  const strace = ['strace', '-o', '/dev/null', '-e', 'trace=none'];
  expect(started(...strace)).toBe('');
  expect(started('setarch', '-R', ...strace)).toContain('a debugger started it');
});

/** The break of a launcher's process is where the program's would be: behind its executable, and as random. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readElf } from '../../src/elf/read-elf.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { packageRoot } from '../../src/util/native.ts';
import { environment } from '../programs/build.ts';
import { runInShell } from '../run-program.ts';
import { compileHere } from './compile.ts';

const gib = 2 ** 30;
const starts = 40;
/** `sysctl kernel.randomize_va_space`: 2 has the break random, too. */
const randomize = Number(readFileSync('/proc/sys/kernel/randomize_va_space', 'utf8'));
const isRoot = process.getuid?.() === 0;

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);

/** The dispatcher's tables stand near a fixed executable: there the heap has more room where the kernel put it. */
const hasTables = (form: string, program: string): boolean =>
  form === 'dispatcher:jump' && program === 'fixed-break';
const elsewhere = 'its tables stand near the executable';

const forms = ['image:single', 'prelink:files', 'rebase-startup:slide', 'dispatcher:jump'] as const;
const programs = ['break', 'fixed-break'] as const;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-break-'));
  chmodSync(folder, 0o755);
  compileHere('break', at('break'), '-Wno-unused-result', '-fPIE', '-pie');
  compileHere('break', at('fixed-break'), '-Wno-unused-result', '-fno-pie', '-no-pie');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bind(form: string, program: string): Promise<string> {
  const [id = '', variant = ''] = form.split(':');
  const system = findSystem(id);
  if (!system?.variants.some((each) => each.id === variant)) throw new Error(`there is no system ${form}`);
  const settings = { system, variant, output: at(`${program}-${id}`), asInterpreter: false };
  return (await bindProgram(at(program), settings, () => undefined)).file;
}

interface Break {
  readonly address: number;
  readonly grows: boolean;
  readonly isKnown: boolean;
}

/** Starts a file some times by one shell. */
async function breaks(file: string, count: number, how = '"$0"'): Promise<readonly Break[]> {
  const command = `i=0; while [ $i -lt ${String(count)} ]; do ${how} || exit 1; i=$((i + 1)); done`;
  const { stdout, stderr } = await runInShell(command, file, [], {
    env: { ...environment, LINKONCE_DEBUG: '1' },
  });
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [address = 0, grows, isKnown] = line.split(' ').map(Number);
      return { address, grows: grows === 1, isKnown: isKnown === 1 };
    });
}

function memoryEnd(file: string): number {
  return Math.max(
    ...readElf(file)
      .segments.filter(({ type }) => type === 1)
      .map(({ address, memorySize }) => address + memorySize),
  );
}

describe.each(forms)('%s', (form) => {
  test.each(programs)('%s: it grows, and the kernel knows it', async (program) => {
    for (const each of await breaks(await bind(form, program), 3))
      expect(each).toMatchObject({ grows: true, isKnown: true });
  });

  test('as random as under the linker', async ({ skip }) => {
    if (randomize !== 2) skip('kernel.randomize_va_space is not 2');
    const file = await bind(form, 'break');
    const places = (found: readonly Break[]) =>
      new Set(found.map(({ address }) => Math.floor(address / gib))).size;
    expect(places(await breaks(at('break'), starts))).toBeGreaterThan(starts / 2);
    expect(places(await breaks(file, starts))).toBeGreaterThan(starts / 2);
  });

  test('behind a fixed executable, as far as the kernel puts it', async ({ skip }) => {
    if (randomize !== 2) skip('kernel.randomize_va_space is not 2');
    if (hasTables(form, 'fixed-break')) skip(elsewhere);
    const found = await breaks(await bind(form, 'fixed-break'), starts);
    const distances = found.map(({ address }) => address - memoryEnd(at('fixed-break')));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...distances)).toBeLessThan(gib + 4096);
    expect(new Set(distances).size).toBeGreaterThan(starts / 2);
  });

  test.for(programs)('%s: without randomness it is the very same', async (program, { skip }) => {
    if (hasTables(form, program)) skip(elsewhere);
    const how = 'setarch -R "$0"';
    const [bound, stock] = [
      await breaks(await bind(form, program), 1, how),
      await breaks(at(program), 1, how),
    ];
    expect(bound).toEqual(stock);
  });

  test('an ordinary user has it, too', async ({ skip }) => {
    if (!isRoot) skip('the other tests are an ordinary user’s');
    const how = 'setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$0"';
    const found = await breaks(await bind(form, 'break'), starts, how);
    expect(new Set(found.map(({ address }) => Math.floor(address / gib))).size).toBeGreaterThan(starts / 2);
  });
});

test('what is drawn from the canary and the pointer guard tells nothing of them: SipHash, by its reference', () => {
  const native = path.join(packageRoot(), 'native');
  const flags = [
    '-I',
    native,
    '-ffreestanding',
    '-nostdlib',
    '-static',
    '-fno-stack-protector',
    '-mno-red-zone',
    '-Wno-unused-function',
  ];
  compileHere('sip-hash', at('sip-hash'), ...flags);
  // vectors_sip64[8] of the reference implementation, read as a little-endian number.
  expect(spawnSync(at('sip-hash'), { encoding: 'utf8' }).stderr).toBe('0x93f5f5799a932462');
});

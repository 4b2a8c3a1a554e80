/** What tools name in processes whose code stands in files of ours. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readElf } from '../../src/elf/read-elf.ts';
import { symbolName } from '../../src/elf/symbol-name.ts';
import type { Image } from '../../src/image/image.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { packageRoot } from '../../src/util/native.ts';
import { moduleRows } from '../image/module-rows.ts';
import { environment } from '../programs/build.ts';
import { hasTrailer } from './tampering.ts';

const forms = ['image:single', 'image:merged', 'image:partitions', 'image:direct', 'install:files', 'fixed:files', 'dispatcher:jump', 'hash-address:global']; // prettier-ignore

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-seen-'));
const program = path.join(folder, 'sampled');
const children: ChildProcess[] = [];
beforeAll(() => {
  const source = path.join(packageRoot(), 'test', 'contract', 'sampled.c');
  execFileSync('cc', ['-O1', '-Wall', '-o', program, source]);
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const run = (tool: string, args: readonly string[]) =>
  spawnSync(tool, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    cwd: folder,
    env: { ...process.env, DEBUGINFOD_URLS: '' },
  });

/** Why a tool cannot be asked here; undefined where it can. */
const lacking = (tool: string): string | undefined =>
  run(tool, ['--version']).error ? `there is no ${tool}` : undefined;

const sampling = ['record', '-N', '-e', 'cpu-clock', '-o', path.join(folder, 'samples'), '--'];
function lackingSamples(): string | undefined {
  const { status, stderr } = run('perf', [...sampling, 'true']);
  return (
    lacking('perf') ??
    (status === 0 ? undefined : `perf cannot sample: ${stderr.trim().split('\n')[0] ?? ''}`)
  );
}

async function startWaiting(file: string): Promise<number> {
  const child = spawn(file, ['wait'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...environment, LINKONCE_DEBUG: '1' },
  });
  children.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const pid = child.pid ?? 0;
  await vi.waitUntil(() => readFileSync(`/proc/${String(pid)}/syscall`, 'latin1').startsWith('0 '));
  return pid;
}

describe.each(forms)('%s', (form) => {
  let image: Image;
  beforeAll(async () => {
    const [id = '', variant = ''] = form.split(':');
    const system = findSystem(id);
    if (!system) throw new Error(`there is no system ${id}`);
    const output = path.join(folder, form.replace(':', '-'));
    image = await bindProgram(program, { system, variant, output, asInterpreter: false }, () => undefined);
  });

  const written = (): readonly string[] => image.files.filter((file) => !hasTrailer(file));

  const libc = (): string => {
    const plan = readPlan(written().find((file) => file.endsWith('.image'))!);
    const paths = moduleRows(plan).map(({ path: text }) => plan.text(text ?? 0n));
    return paths.find((file) => path.basename(file) === 'libc.so.6')!;
  };

  test('eu-stack names the functions that wait', async ({ skip }) => {
    const reason = lacking('eu-stack');
    if (reason !== undefined) skip(reason);
    const { stdout } = run('eu-stack', ['-p', String(await startWaiting(image.file))]);
    const named = [...stdout.matchAll(/^#\d+ +0x[0-9a-f]+ (?:- 1 )?(\S+)$/gm)].map(([, name]) => name);
    expect(named.slice(0, 3)).toEqual([
      expect.stringMatching(/^(__)?(libc_)?read$/),
      'wait_for_input',
      'main',
    ]);
  });

  test('gdb names them', async ({ skip }) => {
    const reason = lacking('gdb');
    if (reason !== undefined) skip(reason);
    const pid = String(await startWaiting(image.file));
    const { stdout } = run('gdb', ['-nx', '-batch', '-p', pid, '-ex', 'bt']);
    expect(stdout).toMatch(/^#0 .* in .*read/m);
    expect(stdout).toMatch(/^#1 .* in wait_for_input/m);
    expect(stdout).toMatch(/^#2 .* in main/m);
  });

  test('perf names functions of the program and of libc', ({ skip }) => {
    const reason = lackingSamples();
    if (reason !== undefined) skip(reason);
    expect(run('perf', [...sampling, image.file]).status).toBe(0);
    const { stdout } = run('perf', [
      'report',
      '-i',
      path.join(folder, 'samples'),
      '--stdio',
      '--percent-limit',
      '2',
    ]);
    expect(stdout).toMatch(/\[\.\] draw_numbers$/m);
    expect(stdout).toMatch(/\[\.\] (__)?random$/m);
  });

  test('perf probe finds where a uprobe belongs', ({ skip }) => {
    const reason = lacking('perf');
    if (reason !== undefined) skip(reason);
    const places = written().flatMap((file) => {
      const { stdout } = run('perf', ['probe', '-x', file, '-D', 'random']);
      const [, offset] = /:(0x[0-9a-f]+)$/m.exec(stdout) ?? [];
      return offset === undefined ? [] : [{ file, offset: Number(offset) }];
    });
    expect(places).toHaveLength(1);
    const { bytes, symbols, segments } = readElf(libc());
    const { value } = symbols.at(symbols.find(symbolName('random'), () => true));
    const code = segments.find(
      ({ type, address, fileSize }) => type === 1 && value >= address && value < address + fileSize,
    )!;
    const start = value - code.address + code.offset;
    for (const { file, offset } of places)
      expect(readFileSync(file).subarray(offset, offset + 8)).toEqual(bytes.subarray(start, start + 8));
  });
});

/** Programs of test/pages, compiled, started and waiting. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, vi } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';

export const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-pages-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Returns the program's path. It is written to the disk: the kernel counts pages of files that are not as Private_Dirty. */
export function compileDirty(name: string, flags: readonly string[] = []): string {
  return compile('dirty.c', name, flags);
}

/** The same of any source in test/pages. */
export function compile(from: string, name: string, flags: readonly string[] = []): string {
  const output = path.join(directory, name);
  const source = path.join(packageRoot(), 'test', 'pages', from);
  execFileSync('cc', ['-O1', '-Wall', '-Wno-unused-result', '-pthread', '-o', output, source, ...flags]);
  writeBack(output);
  return output;
}

export function writeBack(file: string): void {
  const descriptor = openSync(file, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

export interface Waiting {
  readonly pid: number;
  /** What the program mapped for itself, and its table of pointers. */
  readonly mapped: number;
  readonly table: number;
}

/** Starts the program and returns when all of its threads wait in the kernel. */
export async function startDirty(file: string): Promise<Waiting> {
  const { pid, line } = await startWaiting(file);
  const [mapped = 0, table = 0] = line.split(' ').map(Number);
  return { pid, mapped, table };
}

/** A program that prints a line and then waits; `line` is that. */
export async function startWaiting(
  file: string,
  args: readonly string[] = [],
): Promise<{ readonly pid: number; readonly line: string }> {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
  children.push(child);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString()));
    child.once('exit', () => reject(new Error(`${file} ended`)));
  });
  const pid = child.pid ?? 0;
  await vi.waitUntil(() => threadsWait(pid));
  return { pid, line };
}

function threadsWait(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'latin1').startsWith('0 '),
  );
}

/** The kernel's own count of private memory, in pages: Private_Dirty and what is swapped out. */
export function privatePagesByKernel(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const kb = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]);
  return (kb('Private_Dirty') + kb('Swap')) / 4;
}

/** Machines on which some system calls do not do what they do here: see poor-machine.c. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/util/native.ts';
import type { Outcome, RunSettings } from '../run-program.ts';
import { runProgram } from '../run-program.ts';

/** Numbers of asm/unistd_64.h; requests of ptrace(2) as its first argument; what is written to memory, not to a file. */
const calls = {
  writeMemory: '18@',
  ptrace: '101',
  pokeData: '101:5',
  pokeUser: '101:6',
  sched_setaffinity: '203',
  rseq: '334',
} as const;

export const errors = { EPERM: 1, EIO: 5, ENOSYS: 38 } as const;

/** Error numbers by call; with `pretends` it seems to succeed, and does nothing. */
export type Lacks = Readonly<Partial<Record<keyof typeof calls, keyof typeof errors | 'pretends'>>>;

let built: string | undefined;

/** Runs a command on a machine that lacks something. */
export function runOnPoorMachine(
  lacks: Lacks,
  file: string,
  args: readonly string[],
  settings: RunSettings = {},
): Promise<Outcome> {
  built ??= build();
  const rules = Object.entries(lacks).map(
    ([call, error]) =>
      `${calls[call as keyof typeof calls]}=${String(error === 'pretends' ? 0 : errors[error])}`,
  );
  return runProgram(built, [...rules, '--', file, ...args], settings);
}

function build(): string {
  const folder = path.join(packageRoot(), 'build', 'test-machine');
  mkdirSync(folder, { recursive: true });
  const output = path.join(folder, 'poor-machine');
  const own = `${output}.${String(process.pid)}`;
  execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', own, source]);
  renameSync(own, output);
  return output;
}

const source = path.join(packageRoot(), 'test', 'machine', 'poor-machine.c');

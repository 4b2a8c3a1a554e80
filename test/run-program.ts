/** Starts a program and collects everything that a person could see of it. */
import { spawn } from 'node:child_process';
import { patienceMs } from './patience.ts';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunSettings {
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs a program to its end. Throws where it cannot be started. */
export function runProgram(
  file: string,
  args: readonly string[],
  settings: RunSettings = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: settings.env,
      cwd: settings.cwd,
      // Then it is ended, which shows as a signal.
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ ...output, status, signal }));
    // A program that ends without reading its input is no failure.
    child.stdin.on('error', () => undefined);
    child.stdin.end(settings.input ?? '');
  });
}

/** Runs a command of sh, for what only a shell can set: limits, closed descriptors. `$0` and `$@` are the program. */
export function runInShell(
  command: string,
  file: string,
  args: readonly string[],
  settings: RunSettings = {},
): Promise<Outcome> {
  return runProgram('/bin/sh', ['-c', command, file, ...args], settings);
}

/** Starts a program and collects everything that a person could see of it. */
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';
import { patienceMs } from './patience.ts';
import { startProgram } from './start-program.ts';

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
export async function runProgram(
  file: string,
  args: readonly string[],
  { env = process.env, input = '', cwd }: RunSettings = {},
): Promise<Outcome> {
  const child = startProgram(file, args, env, cwd);
  // Then it is ended, which shows as a signal.
  const patience = setTimeout(() => process.kill(child.pid, 'SIGKILL'), patienceMs);
  // A program that ends without reading its input is no failure.
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const status = await child.wait();
  clearTimeout(patience);
  child.stdin.destroy();
  const signal = status & 0x7f;
  if (signal === 0) return { stdout, stderr, status: status >> 8, signal: null };
  return { stdout, stderr, status: null, signal: nameOf(signal) };
}

function nameOf(signal: number): NodeJS.Signals {
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  const [name] = names.find(([, number]) => number === signal) ?? [];
  if (name === undefined) throw new Error(`there is no signal ${signal}`);
  return name;
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

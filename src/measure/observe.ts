/** Runs a command once, natively, and keeps what it did in a form that can be compared. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import { LinkonceError } from '../util/errors.ts';
import type { Command } from './stopwatch.ts';

/** Two runs did the same where all three strings are equal. */
export interface Behaviour {
  /** `status 0`, `SIGSEGV`; `nothing` where it was killed at the limit. */
  readonly end: string;
  /** SHA-256 of the stream. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The end of a run that was killed at its limit. */
export const didNotEnd = 'nothing';

/**
 * Runs a command with an empty standard input until it ends, or kills it after `limitMs`. Throws LinkonceError where
 * it cannot be executed.
 */
export async function observe(command: Command, limitMs: number): Promise<Behaviour> {
  const child = spawn(command.file, command.argv.slice(1), {
    argv0: command.argv[0] ?? command.file,
    env: command.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: what it starts holds its output streams open and has to end with it.
    detached: true,
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const output = Promise.all([digest(child.stdout), digest(child.stderr)]);
  const end = await ended(command, child);
  endGroup(child.pid);
  const [stdout, stderr] = await output;
  return { end: child.killed ? didNotEnd : end, stdout, stderr };
}

function ended(command: Command, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(new LinkonceError(`${command.file}: cannot be executed (${error.code ?? error.message})`));
    });
    child.once('exit', (status, signal) => {
      resolve(signal ?? `status ${status ?? 0}`);
    });
  });
}

async function digest(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of stream) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
}

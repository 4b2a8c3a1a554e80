/** Runs a program once, in a group of its own, which ends with it or after a limit. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { LinkonceError } from '../util/errors.ts';

export interface LimitedRun {
  /** The path by which it is started, and its first argument. */
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** It is ended after so many. */
  readonly seconds: number;
  /** Aborted when a person wants no more of it. */
  readonly stop?: AbortSignal | undefined;
}

/** What a program has for its end that was asked to end, before it is ended. */
const graceMs = 2_000;

/**
 * It reads nothing, has no terminal, and what it writes is thrown away. Answers how it failed by itself; undefined where it did not, or reached the
 * limit. Throws LinkonceError where it does not start, and when it is stopped.
 */
export async function runLimited({
  file,
  args,
  environment,
  seconds,
  stop,
}: LimitedRun): Promise<string | undefined> {
  const child = spawn(file, args, { env: environment, stdio: 'ignore', detached: true });
  const ended = endOf(child, file);
  const waiting = new AbortController();
  const limit = AbortSignal.any([waiting.signal, ...(stop ? [stop] : [])]);
  try {
    const end = await Promise.race([ended, passed(seconds * 1000, limit)]);
    if (stop?.aborted === true) throw new LinkonceError(`${file}: its run was stopped`);
    return end === 'late' ? undefined : end;
  } finally {
    waiting.abort();
    await endGroup(child, ended);
  }
}

/** Why it failed; undefined where it did not. */
async function endOf(child: ChildProcess, file: string): Promise<string | undefined> {
  try {
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (signal !== null) return `was ended by ${signal}`;
    return status === 0 ? undefined : `ended with status ${String(status)}`;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new LinkonceError(`${file}: cannot be started (${code})`, { cause: error });
  }
}

/** Also when it is aborted: the caller knows. */
async function passed(ms: number, limit: AbortSignal): Promise<'late'> {
  await delay(ms, undefined, { signal: limit }).catch(() => undefined);
  return 'late';
}

/** What is left of its group goes, too: children that it did not wait for. */
async function endGroup(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    signalGroup(pid, 'SIGTERM');
    const waiting = new AbortController();
    await Promise.race([ended, passed(graceMs, waiting.signal)]);
    waiting.abort();
  }
  signalGroup(pid, 'SIGKILL');
  await ended;
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // Nobody is left; or only others' processes, which it started with rights that we have not.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

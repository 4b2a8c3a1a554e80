/** A traced process that runs on by itself, and may never stop: it has until a moment. */
import type { Stop, Tracee } from './ptrace.ts';

const pollMs = 1;
/** SIGTRAP */
const trap = 5;
/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
const stopSignals = [19, 20, 21, 22];
const pause = new Int32Array(new SharedArrayBuffer(4));

/** The next stop of a process that was let go on; undefined where there is none before `deadline`, on the clock of performance.now(). */
export function awaitStop(tracee: Tracee, deadline: number): Stop | undefined {
  while (performance.now() < deadline) {
    if (tracee.hasStopped()) return tracee.wait();
    Atomics.wait(pause, 0, 0, pollMs);
  }
  return undefined;
}

/** Whether the process is another one now, or none. */
export function isLast({ kind }: Stop): boolean {
  return kind === 'gone' || kind === 'exit' || kind === 'exec';
}

/** What to let the process go on with: the signal that was for it, but for those that would only stop it again. A trap is its own. */
export function signalOf(stop: Stop): number {
  if (stop.kind === 'trap') return trap;
  return stop.kind === 'signal' && !stopSignals.includes(stop.signal) ? stop.signal : 0;
}

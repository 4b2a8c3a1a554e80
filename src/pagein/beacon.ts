/**
 * By what a launcher sees that somebody serves, without asking, for who asks a server that hangs waits for ever: a lock of an open
 * file description (fcntl_locking(2)) on a file beside the mount. It ends with its holder, however that ends; and where it lies
 * tells when the serving thread last gave a sign of life, and whose thread that is: see `serving` in plan-layout.ts.
 *
 * The file is made anew by each server, and locked before anybody else can open it: who may only read it can hold no write lock,
 * and a read lock that is there first would keep the server's away.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { serving } from '../image/plan-layout.ts';
import { findLock, lockRange, unlockRange } from './record-lock.ts';

export interface Beacon {
  /** Its descriptor: for the serving thread, which gives signs of life through it before it is shown. */
  readonly file: number;
  /** Lets launchers see it. */
  readonly show: () => void;
  /** From here on nobody serves. */
  readonly close: () => void;
}

export function beaconPath(mountPoint: string): string {
  return `${mountPoint}${serving.suffix}`;
}

export function createBeacon(mountPoint: string): Beacon {
  const shown = beaconPath(mountPoint);
  const name = `.${path.basename(shown)}-${randomBytes(4).toString('hex')}`;
  const hidden = path.join(path.dirname(shown), name);
  const file = openSync(hidden, 'wx+', 0o600);
  return {
    file,
    show() {
      fchmodSync(file, 0o644);
      renameSync(hidden, shown);
    },
    close() {
      rmSync(hidden, { force: true });
      closeSync(file);
    },
  };
}

/** For the thread that serves: each call is a sign of life. */
export function createSigns(file: number): () => void {
  const length = BigInt(process.pid);
  const rangeOf = (second: bigint) => ({ start: second * BigInt(serving.second), length });
  let last: bigint | undefined;
  return () => {
    const now = monotonicSeconds();
    if (now === last) return;
    // The new one first: at no time is there none.
    lockRange(file, rangeOf(now));
    if (last !== undefined) unlockRange(file, rangeOf(last));
    last = now;
  };
}

function monotonicSeconds(): bigint {
  return process.hrtime.bigint() / 1_000_000_000n;
}

export interface Server {
  readonly process: number;
  /** It stands still, or gave no sign of life for some time: who asks it for anything may wait for ever. */
  readonly hangs: boolean;
}

/** Who serves; undefined: nobody. The loader judges in the same way (native/place.h). */
export function findServer(mountPoint: string): Server | undefined {
  const file = openShown(mountPoint);
  if (file === undefined) return undefined;
  try {
    const lock = findLock(file);
    if (!lock) return undefined;
    const process = Number(lock.length);
    const silence = monotonicSeconds() - lock.start / BigInt(serving.second);
    return { process, hangs: silence > serving.patience || silence < 0 || standsStill(process) };
  } finally {
    closeSync(file);
  }
}

function openShown(mountPoint: string): number | undefined {
  try {
    return openSync(beaconPath(mountPoint), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** proc_pid_status(5): by a signal, also one that has only been sent, or by a debugger. */
function standsStill(process: number): boolean {
  try {
    const text = readFileSync(`/proc/${String(process)}/status`, 'latin1');
    const pending = [...text.matchAll(/^(?:SigPnd|ShdPnd):\t([0-9a-f]+)$/gm)];
    return (
      /^State:\t[TtZX]/m.test(text) ||
      pending.some(([, bits = '0']) => (BigInt(`0x${bits}`) & endsOrStops) !== 0n)
    );
  } catch {
    // It is not to be seen from here.
    return false;
  }
}

/** As bits: signal 1 is the lowest. */
const endsOrStops = (['SIGKILL', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const).reduce(
  (bits, name) => bits | (1n << BigInt(constants.signals[name] - 1)),
  0n,
);

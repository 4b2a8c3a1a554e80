/**
 * Whether somebody can change a file without its identity showing it: a process that has mapped it shared and has written to the
 * mapping already writes on without any change of its times. Who begins later shows, but on tmpfs, where stores to a mapped page that was
 * read before show never.
 *
 * The kernel is asked by a lease (fcntl(2), F_SETLEASE), which nobody gets for reading while somebody has the file open for writing
 * or mapped so. The file's owner may ask, and root; for other users it is not known.
 */
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { Refusal } from '../util/errors.ts';

/** linux/fcntl.h, asm-generic/signal.h, asm-generic/errno-base.h */
const command = { setSignal: 10, setLease: 1024 } as const;
const lease = { read: 0, none: 2 } as const;
const urgent = 23;
const tryAgain = 11;

/** A child that is just being started may still have what its parent had open. */
const tries = 20;
const pauseMs = 5;

/** Throws Refusal where a process can write to the file. */
export function requireNoWriter(file: string): void {
  if (hasWriter(file))
    throw new Refusal(`${file}: a process has it open for writing, so that it may change at any moment`);
}

export function hasWriter(file: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return false;
  }
  try {
    for (let left = tries; left > 0; left--) {
      if (!isRefused(descriptor)) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
    return true;
  } finally {
    closeSync(descriptor);
  }
}

/** The lease is given back at once; until then its end would be told by SIGURG, which does nothing, in place of SIGIO, which kills. */
function isRefused(descriptor: number): boolean {
  const control = fcntl();
  control(descriptor, command.setSignal, urgent);
  if (control(descriptor, command.setLease, lease.read) < 0) return koffi.errno() === tryAgain;
  control(descriptor, command.setLease, lease.none);
  return false;
}

type Fcntl = (descriptor: number, command: number, value: number) => number;
let fcntlFunction: Fcntl | undefined;

function fcntl(): Fcntl {
  fcntlFunction ??= koffi.load(null).func('int fcntl(int, int, long)') as Fcntl;
  return fcntlFunction;
}

/** The process that asks the kernel to read forgotten pages again (native/recall.c), and how it is told. */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { isSystemError } from '../util/system-errors.ts';
import { nativePart } from '../util/native.ts';

const libc = koffi.load('libc.so.6');
const socketpair = libc.func('int socketpair(int domain, int type, int protocol, _Out_ int *pair)');

/** sys/socket.h: AF_UNIX, and SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK. */
const local = 1;
const wholeMessages = 5 | 0o2000000 | 0o4000;

export interface Recaller {
  /** Its socket: for the serving thread, which must not wait. */
  readonly socket: number;
  readonly close: () => void;
}

/** Ends with us: its input ends then. */
export function startRecaller(): Recaller {
  const pair = [-1, -1];
  if (socketpair(local, wholeMessages, 0, pair) !== 0) throw new Error(`socketpair: errno ${koffi.errno()}`);
  const [own = -1, its = -1] = pair;
  const child = spawn(nativePart('recall'), {
    stdio: [its, 'ignore', 'ignore'],
    cwd: '/',
    env: {},
    detached: true,
  });
  // Without it, pages are read one by one.
  child.on('error', () => undefined);
  child.unref();
  closeSync(its);
  return {
    socket: own,
    close: () => {
      closeSync(own);
    },
  };
}

/** Of one message, which the kernel takes as a whole or not at all. */
const mostRuns = 1 << 14;

/** A message that has no room, or nobody to hear it, is dropped. */
export function recall(socket: number, file: string, runs: Uint32Array): void {
  const path = Buffer.from(file);
  const head = Buffer.alloc((path.length + 4) & ~3);
  path.copy(head);
  const some = runs.subarray(0, 2 * mostRuns);
  const pairs = Buffer.from(some.buffer, some.byteOffset, some.byteLength);
  try {
    writeSync(socket, Buffer.concat([head, pairs]));
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

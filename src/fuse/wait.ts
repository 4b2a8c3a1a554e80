/** Waiting in a thread that does nothing else: poll(2) on descriptors, and a descriptor that another thread wakes it by. */
import { readSync, writeSync } from 'node:fs';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const pollCall = libc.func('int poll(void *descriptors, unsigned long count, int timeout)');
const eventfd = libc.func('int eventfd(unsigned int value, int flags)');

/** poll.h, struct pollfd: descriptor, events, and behind them the events that came; bytes. */
const entry = { size: 8, events: 4, came: 6 } as const;
const pollIn = 1;
/** sys/eventfd.h: EFD_CLOEXEC | EFD_NONBLOCK. */
const eventFlags = 0o2004000;

/** eventfd(2). */
export function createBell(): number {
  const bell = eventfd(0, eventFlags) as number;
  if (bell < 0) throw new Error(`eventfd: errno ${koffi.errno()}`);
  return bell;
}

const one = Buffer.from(new BigUint64Array([1n]).buffer);

export function ringBell(bell: number): void {
  writeSync(bell, one);
}

/** Lets it be rung again. */
export function silenceBell(bell: number): void {
  readSync(bell, Buffer.alloc(one.length));
}

/**
 * Returns a function that sleeps until one of the descriptors has something, but no longer than `atMost` ms (-1: for ever), and
 * tells of each whether it has.
 */
export function createWait(descriptors: readonly number[], atMost = -1): () => boolean[] {
  const table = Buffer.alloc(descriptors.length * entry.size);
  for (const [index, descriptor] of descriptors.entries()) {
    table.writeInt32LE(descriptor, index * entry.size);
    table.writeUInt16LE(pollIn, index * entry.size + entry.events);
  }
  return () => {
    while ((pollCall(table, descriptors.length, atMost) as number) < 0)
      if (koffi.errno() !== koffi.os.errno.EINTR) throw new Error(`poll: errno ${koffi.errno()}`);
    return descriptors.map((_, index) => table.readUInt16LE(index * entry.size + entry.came) !== 0);
  };
}

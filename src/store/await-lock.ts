/**
 * Waiting for flock(2) of an open file. It is asked for again and again: the call that sleeps could neither end after a time nor
 * see a signal. The kernel knows who has it (proc_locks(5)), so that a person hears what is waited for.
 */
import { fstatSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { LinkonceError } from '../util/errors.ts';

/** How long to wait for another command, and who is told that it begins. */
export interface Patience {
  readonly seconds: number;
  /** Hears one line, when the waiting begins. */
  readonly say: (line: string) => void;
}

const flock = koffi.load(null).func('int flock(int file, int operation)');
/** sys/file.h */
const lockExclusive = 2;
const lockNonBlocking = 4;
/** Between two attempts; the first ones follow each other faster. */
const longestPauseMs = 250;

/**
 * Returns with the lock, which ends with the descriptor. `of` is what it locks, for people; `onWait` hears once what is waited
 * for. Throws LinkonceError after `seconds`.
 */
export async function awaitLock(
  file: number,
  of: string,
  onWait: (what: string) => void,
  seconds: number,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (let pause = 5; !tryLock(file, of); pause = Math.min(2 * pause, longestPauseMs)) {
    if (pause === 5) onWait(describeHolder(file));
    if (performance.now() >= end)
      throw new LinkonceError(`${of}: ${describeHolder(file)} has it for longer than ${String(seconds)} s`);
    await sleep(pause);
  }
}

function tryLock(file: number, of: string): boolean {
  if (Number(flock(file, lockExclusive | lockNonBlocking)) === 0) return true;
  const errno = koffi.errno();
  if (errno === koffi.os.errno.EWOULDBLOCK || errno === koffi.os.errno.EINTR) return false;
  throw new LinkonceError(`${of}: cannot be locked: flock(2) fails with error ${String(errno)}`);
}

function describeHolder(file: number): string {
  const holder = holderOf(file);
  return holder === undefined ? 'another command' : `process ${String(holder)}${commandOf(holder)}`;
}

/** Undefined where it is not known: it just ended, or lives in another pid namespace. */
function holderOf(file: number): number | undefined {
  const { dev, ino } = fstatSync(file);
  const hexByte = (value: number): string => value.toString(16).padStart(2, '0');
  const name = `${hexByte(majorOf(dev))}:${hexByte(minorOf(dev))}:${String(ino)}`;
  const fields = locks().map((line) => line.split(/\s+/));
  const pid = Number(fields.find(([, kind, , , , locked]) => kind === 'FLOCK' && locked === name)?.[4]);
  return pid > 0 ? pid : undefined;
}

function locks(): string[] {
  try {
    return readFileSync('/proc/locks', 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** sys/sysmacros.h, gnu_dev_major and gnu_dev_minor; devices of Linux have 32 bits. */
const majorOf = (device: number): number => (device >>> 8) & 0xfff;
const minorOf = (device: number): number => (device & 0xff) | ((device >>> 12) & 0xfff00);

/** ` (name)`; nothing for one that is gone. */
function commandOf(pid: number): string {
  try {
    return ` (${readFileSync(`/proc/${String(pid)}/comm`, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

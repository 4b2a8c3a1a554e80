/** Write locks of open file descriptions, fcntl_locking(2), on ranges of a file. Linux x86-64. */
import koffi from 'koffi';
import { decode, encode, structure } from '../util/structure.ts';

const fcntl = koffi.load('libc.so.6').func('int fcntl(int file, int command, ...)');

/** asm-generic/fcntl.h: F_OFD_GETLK, F_OFD_SETLK; F_RDLCK, F_WRLCK, F_UNLCK; struct flock, its `whence` being SEEK_SET. */
const commands = { get: 36, set: 37 } as const;
const types = { read: 0, write: 1, none: 2 } as const;
const flock = structure({ type: 'u16', whence: 'u16', hole: 'u32', start: 'i64', length: 'i64', pid: 'u64' });

/** Bytes; a length of 0 is all that follows. */
export interface Range {
  readonly start: bigint;
  readonly length: bigint;
}

/** Throws where somebody else has a lock in the range, or the file is not open for writing. */
export function lockRange(file: number, range: Range): void {
  set(file, types.write, range);
}

export function unlockRange(file: number, range: Range): void {
  set(file, types.none, range);
}

function set(file: number, type: number, range: Range): void {
  if (fcntl(file, commands.set, 'void *', encode(flock, { type, ...range })) !== 0)
    throw new Error(`fcntl(F_OFD_SETLK): errno ${String(koffi.errno())}`);
}

/** The first write lock that somebody has; a file that is open for reading is enough. */
export function findLock(file: number): Range | undefined {
  const lock = encode(flock, { type: types.read });
  if (fcntl(file, commands.get, 'void *', lock) !== 0)
    throw new Error(`fcntl(F_OFD_GETLK): errno ${String(koffi.errno())}`);
  const { type, start, length } = decode(flock, lock);
  return type === types.write ? { start, length } : undefined;
}

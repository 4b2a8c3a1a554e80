/**
 * By what a launcher sees that somebody serves, without asking: the kernel knows the mount of a dead server as well as that of a
 * live one. A read lock of an open file description (fcntl_locking(2)) on a folder ends with who holds it, however that ends.
 */
import { closeSync, constants, openSync } from 'node:fs';
import koffi from 'koffi';
import { LinkonceError } from '../util/errors.ts';

/** fcntl.h of Linux x86-64: F_OFD_SETLK, F_RDLCK, and the bytes of struct flock. */
const setLock = 37;
const readLock = 0;
const lockSize = 32;

/** Answers how to give it up. */
export function holdServingLock(folder: string): () => void {
  const fcntl = koffi.load('libc.so.6').func('int fcntl(int file, int command, ...)');
  const file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const lock = Buffer.alloc(lockSize);
  lock.writeInt16LE(readLock);
  if (fcntl(file, setLock, 'void *', lock) === 0)
    return () => {
      closeSync(file);
    };
  closeSync(file);
  throw new LinkonceError(`${folder}: cannot be locked`);
}

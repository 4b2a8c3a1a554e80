import { closeSync, openSync, readSync } from 'node:fs';
import { magic } from './layout.ts';

/** Whether a file begins as compressed ones do. Throws the system's error where it cannot be read. */
export function isCompressed(path: string): boolean {
  const head = Buffer.alloc(8);
  const file = openSync(path, 'r');
  try {
    return readSync(file, head, 0, head.length, 0) === head.length && head.readBigUInt64LE() === magic;
  } finally {
    closeSync(file);
  }
}

/** What kind a file is, by a word at a known place. */
import { closeSync, openSync, readSync } from 'node:fs';

/** Eight bytes, little-endian; zeros where the file ends before. */
export function wordAt(path: string, offset: number): bigint {
  const bytes = Buffer.alloc(8);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(file);
  }
  return bytes.readBigUInt64LE(0);
}

/**
 * Reads one ELF file for x86-64. What ld.so uses is found as ld.so finds it: from the program headers and PT_DYNAMIC, by
 * address through PT_LOAD. Without section headers only `sections` and `plt` are empty; where they stand, they also give
 * the number of symbols and the extent of `.eh_frame`.
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { ElfError } from '../util/errors.ts';
import { DecodedElf } from './decoded-elf.ts';
import type { ElfFile } from './elf-file.ts';

/**
 * Reads `path`. Throws ElfError for what is no ELF64 little-endian x86-64 file, for a malformed one, and for a file that
 * cannot be read.
 */
export function readElf(path: string): ElfFile {
  return decodeElf(readBytes(path), path);
}

/** The same for bytes that are in memory already; `path` is for messages. */
export function decodeElf(bytes: Buffer, path: string): ElfFile {
  return new DecodedElf(bytes, path);
}

function readBytes(path: string): Buffer {
  // A pipe or a device may have no end.
  const status = attempt(path, () => statSync(path));
  if (!status.isFile()) throw new ElfError(path, 'file', undefined, 'not a regular file');
  const isSparse = status.blocks * blockSize < status.size;
  return attempt(path, () => (isSparse ? readSparse(path, status.size) : readFileSync(path)));
}

/** Unit of `blocks`: stat(2). */
const blockSize = 512;
const chunkSize = 256 * 1024;

/** Zeros are not copied into the fresh memory, so that the holes of a large file take none. */
function readSparse(path: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const [chunk, zeros] = [Buffer.alloc(chunkSize), Buffer.alloc(chunkSize)];
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < size;) {
      const got = readSync(file, chunk, 0, chunkSize, done);
      if (got === 0) break;
      if (chunk.compare(zeros, 0, got, 0, got) !== 0) chunk.copy(bytes, done, 0, got);
      done += got;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    // 'ENOENT: no such file or directory, open …': the middle is what a person needs.
    const reason = /^\w+: (.*), \w+/.exec((error as Error).message)?.[1] ?? String(error);
    throw new ElfError(path, 'file', undefined, `cannot be read: ${reason}`);
  }
}

/** The files that a system wrote: how much room they take, and that they rest before anything is measured. */
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';

/** Allocated size, kB: the blocks of stat(2), so that holes do not count; a file with several names counts once. */
export function allocatedKb(files: readonly string[]): number {
  const blocks = new Map<string, number>();
  for (const file of files) {
    const status = statSync(file);
    blocks.set(`${status.dev}:${status.ino}`, status.blocks);
  }
  // stat(2): a block has 512 bytes, whatever the file system's own are.
  return [...blocks.values()].reduce((sum, count) => sum + count, 0) / 2;
}

/**
 * Writes the files through to storage. A page of a file that is not written back yet is dirty, and one process that maps
 * it would be charged for it as private memory.
 */
export function settleFiles(files: readonly string[]): void {
  for (const file of files) {
    const descriptor = openSync(file, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

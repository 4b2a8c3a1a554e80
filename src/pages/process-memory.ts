/** proc(5), mem: pages of a process that runs on while they are read. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

export class ProcessMemory {
  readonly #file: number;

  /** Throws the system's error where that is not permitted. */
  constructor(pid: number) {
    this.#file = openSync(`/proc/${pid}/mem`, 'r');
  }

  /** Undefined where the range is not, or not wholly, there (any more). */
  read(address: Address, size: number): Buffer | undefined {
    // Not from the pool: its words are compared as 64-bit numbers, which must be aligned.
    const bytes = Buffer.alloc(size);
    try {
      return readSync(this.#file, bytes, 0, size, address) === size ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Calls `differs` with the byte offset of each 64-bit word in which two pages differ. */
export function forEachDifference(now: Buffer, before: Buffer, differs: (offset: number) => void): void {
  if (now.equals(before)) return;
  for (let at = 0; at < pageSize; at += 8)
    if (
      now.readInt32LE(at) !== before.readInt32LE(at) ||
      now.readInt32LE(at + 4) !== before.readInt32LE(at + 4)
    )
      differs(at);
}

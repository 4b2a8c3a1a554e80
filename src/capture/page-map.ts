/** proc(5), pagemap: which pages of a range are in memory, and which belong to this process alone. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

/** Counts of pages, and the addresses of those that are not a file's. */
export interface RangePages {
  present: number;
  swapped: number;
  /** Of this process alone. */
  readonly own: Address[];
  /** All that are not a file's: the own ones, the kernel's page of zeros, and what a fork left shared. Ascending. */
  readonly notOfFile: Address[];
  /** All in memory that are a file's, ascending. */
  readonly ofFile: Address[];
}

/** Bits 56 to 63 of an entry. Linux, Documentation/admin-guide/mm/pagemap.rst. */
const bit = { exclusive: 0x01, ofFile: 0x20, swapped: 0x40, present: 0x80 };
const entrySize = 8;
/** Entries of one read: a reserved range may have millions. */
const atOnce = 1 << 17;

/** /proc/PID/pagemap of a process that runs on. */
export class PageMap {
  readonly #file: number;
  readonly #entries = Buffer.alloc(atOnce * entrySize);

  /** Throws the system's error where that is not permitted. */
  constructor(pid: number) {
    this.#file = openSync(`/proc/${pid}/pagemap`, 'r');
  }

  /**
   * The pages of a range. Private is a page that belongs to no file, or to shared memory, and that no other process maps, or
   * that is swapped out. Neither the kernel's one page of zeros nor what a fork left shared is. A range that has
   * vanished has no pages.
   */
  read(start: Address, end: Address): RangePages {
    const found: RangePages = { present: 0, swapped: 0, own: [], notOfFile: [], ofFile: [] };
    for (let at = start; at < end; at += atOnce * pageSize) {
      const count = Math.min(atOnce, (end - at) / pageSize);
      const size = readSync(this.#file, this.#entries, 0, count * entrySize, (at / pageSize) * entrySize);
      this.#collect(found, at, size / entrySize);
    }
    return found;
  }

  #collect(found: RangePages, start: Address, count: number): void {
    for (let index = 0; index < count; index++) {
      const flags = this.#entries[index * entrySize + entrySize - 1]!;
      if (flags === 0 || (flags & (bit.present | bit.swapped)) === 0) continue;
      const swapped = (flags & bit.swapped) !== 0;
      if (swapped) found.swapped++;
      else found.present++;
      const address = start + index * pageSize;
      if ((flags & bit.ofFile) !== 0) {
        if (!swapped) found.ofFile.push(address);
        continue;
      }
      found.notOfFile.push(address);
      if (swapped || (flags & bit.exclusive) !== 0) found.own.push(address);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

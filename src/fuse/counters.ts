/**
 * What a server has done, in memory that its thread writes and all others read. One thread writes; 8 aligned bytes are
 * written as one on x86-64, so that a reader sees whole numbers.
 */
import { pageSize } from '../util/units.ts';
import { operations, type Operation } from './protocol.ts';

/** READs whose times are kept: the last ones. */
const keptTimes = 8192;
/** READs by size in pages; the last place is for all that are longer. */
const sizePlaces = 258;

const names = [...(Object.keys(operations) as Operation[]), 'other'] as const;
const totals = ['pages', 'bytes', 'failures', 'timed'] as const;
const totalsAt = names.length;
/** How many READs were timed. */
const timedAt = totalsAt + totals.indexOf('timed');
const sizesAt = totalsAt + totals.length;
const timesAt = sizesAt + sizePlaces;
const length = timesAt + keptTimes;

export interface Counts {
  /** Requests by kind; `other` is what is answered by ENOSYS. */
  readonly requests: Readonly<Record<Operation | 'other', number>>;
  /** Pages that READs answered with, whole or in part. */
  readonly pages: number;
  readonly bytes: number;
  /** Requests that failed for want of bytes, or that no kernel sends. */
  readonly failures: number;
  /** READs by the number of pages that they asked for, those that occurred. */
  readonly readSizes: ReadonlyMap<number, number>;
  /** From a READ's arrival to its reply, ns, of the last 8192 READs that were answered, oldest first. */
  readonly readTimes: readonly number[];
}

export class Counters {
  readonly memory: SharedArrayBuffer;
  readonly #words: Float64Array;

  constructor(memory = new SharedArrayBuffer(length * 8)) {
    this.memory = memory;
    this.#words = new Float64Array(memory);
  }

  countRequest(operation: Operation | undefined): void {
    this.#add(operation === undefined ? names.length - 1 : names.indexOf(operation), 1);
  }

  countFailure(): void {
    this.#add(totalsAt + totals.indexOf('failures'), 1);
  }

  /** `time` in ns. */
  countRead(bytes: number, time: number): void {
    const pages = Math.ceil(bytes / pageSize);
    this.#add(totalsAt, pages);
    this.#add(totalsAt + 1, bytes);
    const place = this.#words[timedAt] ?? 0;
    this.#add(timedAt, 1);
    this.#add(sizesAt + Math.min(pages, sizePlaces - 1), 1);
    this.#words[timesAt + (place % keptTimes)] = time;
  }

  read(): Counts {
    const words = this.#words.slice();
    const requests = Object.fromEntries(names.map((name, index) => [name, words[index] ?? 0]));
    const [pages = 0, bytes = 0, failures = 0, timed = 0] = words.subarray(totalsAt);
    const sizes = [...words.subarray(sizesAt, timesAt)].entries();
    return {
      requests: requests as Counts['requests'],
      pages,
      bytes,
      failures,
      readSizes: new Map([...sizes].filter(([, count]) => count > 0)),
      readTimes: inOrder(words.subarray(timesAt), timed),
    };
  }

  #add(index: number, amount: number): void {
    this.#words[index] = (this.#words[index] ?? 0) + amount;
  }
}

/** The ring's last samples, the oldest first. */
function inOrder(ring: Float64Array, written: number): number[] {
  if (written <= ring.length) return [...ring.subarray(0, written)];
  const oldest = written % ring.length;
  return [...ring.subarray(oldest), ...ring.subarray(0, oldest)];
}

/**
 * The entries of a name in ld.so.cache, found as glibc's elf/dl-cache.c does: the same search through the same order, so that a cache
 * that nobody sorted has the same answers here. native/ld-cache.h is the same in C.
 */
import type { CacheEntry } from './ld-cache.ts';
import { at } from '../util/present.ts';

/** All neighbours of one name, in the file's order. */
export function findEntries(entries: readonly CacheEntry[], name: string): readonly CacheEntry[] {
  const wanted = Buffer.from(name);
  const order = (index: number): number => compareNames(wanted, Buffer.from(at(entries, index).name));
  let [left, right] = [0, entries.length - 1];
  while (left <= right) {
    const middle = Math.floor((left + right) / 2);
    const direction = order(middle);
    if (direction === 0) return entries.slice(...neighbours(middle, entries.length, order));
    // They are sorted descending.
    if (direction < 0) left = middle + 1;
    else right = middle - 1;
  }
  return [];
}

function neighbours(found: number, count: number, order: (index: number) => number): [number, number] {
  let [begin, end] = [found, found + 1];
  while (begin > 0 && order(begin - 1) === 0) begin--;
  while (end < count && order(end) === 0) end++;
  return [begin, end];
}

const [zero, nine] = [0x30, 0x39];
const isDigit = (byte: number): boolean => byte >= zero && byte <= nine;

/** `_dl_cache_libcmp`: bytes are signed, and numbers count by value, in 32 bits: `libx.so.01` is `libx.so.1`. */
export function compareNames(a: Buffer, b: Buffer): number {
  const [first, second] = [new NameReader(a), new NameReader(b)];
  while (first.byte !== 0) {
    if (isDigit(first.byte) !== isDigit(second.byte)) return isDigit(first.byte) ? 1 : -1;
    const difference = isDigit(first.byte)
      ? (first.takeNumber() - second.takeNumber()) | 0
      : first.take() - second.take();
    if (difference !== 0) return difference;
  }
  return -second.byte;
}

/** Zero from the end on. */
class NameReader {
  readonly #bytes: Buffer;
  #next = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get byte(): number {
    return this.#next < this.#bytes.length ? this.#bytes.readInt8(this.#next) : 0;
  }
  take(): number {
    const { byte } = this;
    this.#next++;
    return byte;
  }
  takeNumber(): number {
    let value = 0;
    while (isDigit(this.byte)) value = (Math.imul(value, 10) + this.take() - zero) | 0;
    return value;
  }
}

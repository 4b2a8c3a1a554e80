/**
 * Which pages of a file were asked for, in the order in which that began, so that they can be asked for again together when the
 * kernel has forgotten them. A first reader of a page waits for the server; one who needs hundreds of them waits hundreds of times.
 */
import type { FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { RestingFile } from './place-files.ts';

/** Pages that are at rest in one chunk: whoever reads one of them again has all of them decompressed. */
const groupPages = 4;

/** Of one file in one place. */
export class Recall {
  /** By group of pages: a bit for each page that was ever asked for, and for each that was since the kernel forgot some. */
  readonly #known: Uint8Array;
  readonly #served: Uint8Array;
  /** Groups in the order in which their first page was asked for. */
  readonly #order: number[] = [];

  constructor(size: number) {
    const groups = Math.ceil(size / (groupPages * pageSize));
    this.#known = new Uint8Array(groups);
    this.#served = new Uint8Array(groups);
  }

  /** Notes what is read. Returns whether the kernel had some of it and has forgotten it. */
  note(offset: FileOffset, length: number): boolean {
    const pages = pagesOf(offset, length);
    const isForgotten = pages.some(({ group, bit }) => (this.#served[group]! & bit) !== 0);
    if (isForgotten) this.#served.fill(0);
    for (const { group, bit } of pages) {
      if (this.#known[group] === 0) this.#order.push(group);
      this.#known[group]! |= bit;
      this.#served[group]! |= bit;
    }
    return isForgotten;
  }

  /** All pages that are known, group by group in their order. */
  pages(): readonly number[] {
    return this.#order.flatMap((group) =>
      Array.from({ length: groupPages }, (_, index) => group * groupPages + index).filter(
        (_, index) => (this.#known[group]! & (1 << index)) !== 0,
      ),
    );
  }
}

/** Pairs of a first page and a count, of pages in their order. */
export function runsOf(pages: readonly number[]): Uint32Array {
  const runs: number[] = [];
  let end = -1;
  for (const page of pages) {
    if (page === end) runs[runs.length - 1]! += 1;
    else runs.push(page, 1);
    end = page + 1;
  }
  return Uint32Array.from(runs);
}

/** Of a file at rest, the pages in which other pages rest: ascending, for storage reads best so. */
export function restingPages(
  { restsAt }: Pick<RestingFile, 'restsAt'>,
  pages: readonly number[],
): readonly number[] {
  const found = new Set<number>();
  for (const page of pages) {
    const { offset = 0, length = 0 } = restsAt(page * pageSize) ?? {};
    for (let at = Math.floor(offset / pageSize); at * pageSize < offset + length; at++) found.add(at);
  }
  return [...found].sort((one, other) => one - other);
}

function pagesOf(offset: FileOffset, length: number): readonly { group: number; bit: number }[] {
  const first = Math.floor(offset / pageSize);
  const count = Math.max(0, Math.ceil((offset + length) / pageSize) - first);
  return Array.from({ length: count }, (_, index) => {
    const page = first + index;
    return { group: Math.floor(page / groupPages), bit: 1 << (page % groupPages) };
  });
}

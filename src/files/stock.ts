/**
 * What stands in the files of a collection: each module once, with the pages that most programs have, and runs of pages that
 * differ from there in several programs.
 */
import type { BackingFile } from '../image/backing.ts';
import type { Place } from '../image/filing.ts';
import type { Piece } from '../image/pieces.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

/** A range relative to the module's first page, bytes. */
export interface StockRange {
  readonly start: number;
  readonly length: number;
}

export interface StockedModule {
  readonly path: string;
  /** Of its first page, in all programs. */
  readonly address: Address;
  readonly file: BackingFile;
  /** Where its first page stands in the file. */
  readonly offset: FileOffset;
  /** Ranges that the file holds; the others are those of the module's own file. */
  readonly ranges: readonly StockRange[];
  /** Runs of pages in there that the linker wrote to. */
  readonly written: readonly StockRange[];
}

/** A run of pages that several programs have, by the hash of its content. */
export interface StockedRun {
  readonly hash: string;
  readonly pages: number;
  readonly place: Place;
}

export interface Stock {
  readonly modules: readonly StockedModule[];
  readonly runs: readonly StockedRun[];
}

/** The place of a piece in its module's stored file; undefined where the file does not hold all of it. */
export function placeInStock(stocked: StockedModule, piece: Piece): Place | undefined {
  const start = piece.address - stocked.address;
  const holds = stocked.ranges.some(
    (range) => range.start <= start && start + piece.length <= range.start + range.length,
  );
  return holds ? { file: stocked.file, offset: stocked.offset + start } : undefined;
}

/** Pages of the module that the linker wrote to in the stored file, between two addresses. */
export function writtenPages(stocked: StockedModule, start: Address, end: Address): Address[] {
  return stocked.written.flatMap((run) => {
    const first = stocked.address + run.start;
    const pages = Array.from({ length: run.length / pageSize }, (_, page) => first + page * pageSize);
    return pages.filter((page) => page >= start && page < end);
  });
}

/** Pages as ranges relative to `origin`. */
export function toRanges(pages: readonly Address[], origin: Address): StockRange[] {
  const runs: { start: number; length: number }[] = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && origin + last.start + last.length === page) last.length += pageSize;
    else runs.push({ start: page - origin, length: pageSize });
  }
  return runs;
}

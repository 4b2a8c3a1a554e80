/**
 * The sizes of a hashed dispatcher's tables (solution 4 of the seed): of 1, 2, 4, … pages, with entries of 8 bytes, of which a
 * module says which one it uses.
 */
import { pageSize } from '../util/units.ts';

export const entrySize = 8;
/** 512. */
const entriesInPage = pageSize / entrySize;
/** The largest table has 512 pages: 2 MiB, 262,144 entries. */
export const tableCount = 10;
/** The names of a module, and of its known dependencies, fill at most this part of its table. */
const mostFilled = 1 / 2;

export function entriesOf(table: number): number {
  return 2 ** table * entriesInPage;
}

/** Whether a table is at most half full with so many entries: then a name is hashed again about once. */
export function isRoomy(table: number, entries: number): boolean {
  return entries <= entriesOf(table) * mostFilled;
}

/** The smallest table that has room for so many entries; the largest one where none has. */
export function tableWithRoom(entries: number): number {
  let table = 0;
  while (table < tableCount - 1 && !isRoomy(table, entries)) table++;
  return table;
}

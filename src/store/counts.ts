/**
 * The files in which a store's launchers count the starts that they hand over, one for each program. They stay while generations come
 * and go, and leave with their program.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readCount, writeNewCount } from '../image/hand-over-count.ts';
import { isNowhere } from '../util/status.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { makeWithin, names } from './folder.ts';

export function countPathOf(store: string, name: string): string {
  return path.join(store, names.counts, name);
}

/** One for each program that has a launcher; those that are there stay as they are. */
export function makeCounts(store: string, { programs }: Catalogue): void {
  const missing = programs
    .filter(({ launcher }) => launcher !== '')
    .map(({ name }) => countPathOf(store, name))
    .filter((file) => readCount(file) === undefined);
  if (missing.length > 0) makeWithin(store, names.counts);
  missing.forEach(writeNewCount);
}

/** Names below `counts` that belong to no program of `programs`. */
export function countsWithoutProgram(store: string, programs: readonly StoredProgram[]): string[] {
  const known = new Set(programs.map(({ name }) => name));
  return listed(path.join(store, names.counts)).filter((name) => !known.has(name));
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (!isNowhere(error)) throw error;
    return [];
  }
}

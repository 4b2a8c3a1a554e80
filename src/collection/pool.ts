/** Runs of pages that several programs have and their modules' stored pages do not: each stands once in a pool file. */
import type { Place } from '../image/filing.ts';
import { writeBytes } from '../image/assemble-file.ts';
import { fileIdentity } from '../program/file-identity.ts';
import type { FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import type { DeviatingRun } from './member-filing.ts';
import type { StockedRun } from './stock.ts';
import type { NewFile } from './stocking.ts';

/** Stores what at least two programs have and no pool holds yet. Answers the new runs. */
export function stockRuns(
  programs: readonly (readonly DeviatingRun[])[],
  known: readonly StockedRun[],
  newFile: NewFile,
): StockedRun[] {
  const stored = new Set(known.map(({ hash }) => hash));
  const counts = new Map<string, number>();
  const samples = new Map<string, DeviatingRun>();
  for (const runs of programs)
    for (const hash of new Set(runs.map((run) => run.hash))) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  for (const run of programs.flat())
    if ((counts.get(run.hash) ?? 0) > 1 && !stored.has(run.hash)) samples.set(run.hash, run);
  return samples.size === 0 ? [] : writePool([...samples.values()], newFile('pool'));
}

function writePool(runs: readonly DeviatingRun[], path: string): StockedRun[] {
  const offsets = new Map<string, FileOffset>();
  let next = 0;
  for (const { hash, length } of runs) {
    offsets.set(hash, next);
    next += length;
  }
  writeAtomically(path, 0o644, (file) => {
    for (const { hash, bytes } of runs) writeBytes(file, bytes, offsets.get(hash) ?? 0);
  });
  const file = { path, identity: fileIdentity(path) };
  return runs.map(({ hash, length }) => ({
    hash,
    pages: length / pageSize,
    place: { file, offset: offsets.get(hash) ?? 0 },
  }));
}

/** Where each run stands. */
export function placesOf(runs: readonly StockedRun[]): ReadonlyMap<string, Place> {
  return new Map(runs.map(({ hash, place }) => [hash, place]));
}

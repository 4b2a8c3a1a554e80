/** Runs of pages that several programs have and their modules' stored pages do not: each stands once in a pool file. */
import type { FileRange } from '../elf/tool-view.ts';
import { toolHeadSize } from '../elf/tool-view.ts';
import type { Place } from '../image/filing.ts';
import type { FilePart } from '../image/assemble-file.ts';
import { bytesPart } from '../image/assemble-file.ts';
import type { PieceOf } from '../image/named-code.ts';
import { fileRange } from '../image/named-code.ts';
import { readersOf } from '../program/audience.ts';
import { backingOf } from '../ranges/arrangement.ts';
import { at, present } from '../util/present.ts';
import { tally } from '../util/tally.ts';
import type { FileOffset } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { DeviatingRun } from './member-filing.ts';
import { movingWords } from './moving-words.ts';
import { writeSharedFile } from './shared-file.ts';
import type { StockedRun } from './stock.ts';
import type { StockingMeans } from './stocking.ts';

/**
 * Stores what at least two programs have and no pool holds yet. Answers the new runs. A module that not everybody may read gives
 * none: its pages stay in the images of its programs.
 */
export function stockRuns(
  programs: readonly (readonly DeviatingRun[])[],
  known: readonly StockedRun[],
  means: StockingMeans,
): StockedRun[] {
  const stored = new Set(known.map(({ hash }) => hash));
  const counts = new Map<string, number>();
  const samples = new Map<string, DeviatingRun>();
  const open = openModules(programs.flat());
  const shareable = programs.map((runs) => runs.filter((run) => open.has(moduleOf(run))));
  for (const runs of shareable) for (const hash of new Set(runs.map((run) => run.hash))) tally(counts, hash);
  for (const run of shareable.flat())
    if (present(counts.get(run.hash), 'count of a run') > 1 && !stored.has(run.hash))
      samples.set(run.hash, run);
  return samples.size === 0 ? [] : writePool([...samples.values()], means);
}

/** Paths of the modules that everybody may read. */
function openModules(runs: readonly DeviatingRun[]): ReadonlySet<string> {
  const modules = [...new Set(runs.map(moduleOf))];
  return new Set(modules.filter((file) => readersOf([file]) === 'everybody'));
}

/** Only modules have pages that deviate from stored ones. */
function moduleOf({ program, piece }: DeviatingRun): string {
  return present(at(program.blueprint.regions, piece.region, 'region').region.module, 'module').path;
}

function writePool(
  runs: readonly DeviatingRun[],
  { arrangement, newFile, readers }: StockingMeans,
): StockedRun[] {
  const { parts, size } = runParts(runs, toolHeadSize);
  const moving = (): FileOffset[] => runs.flatMap((run, index) => runWords(run, at(parts, index).offset));
  const content = {
    size,
    parts,
    ranges: runRanges(runs, parts),
    pieces: runs.map(pieceOfRun),
    isSole: false,
    moving,
  };
  const file = writeSharedFile(newFile('pool'), backingOf(arrangement), content, readers);
  return runs.map(({ hash, length }, index) => ({
    hash,
    pages: length / pageSize,
    place: { file, offset: at(parts, index).offset },
  }));
}

/** Runs one behind the other from `start` on. */
export function runParts(
  runs: readonly DeviatingRun[],
  start: FileOffset,
): { readonly parts: readonly FilePart[]; readonly size: number } {
  let size = start;
  const parts = runs.map(({ bytes, length }) => {
    const part = bytesPart(bytes, size);
    size += length;
    return part;
  });
  return { parts, size };
}

/** What each run is in memory. */
export function runRanges(runs: readonly DeviatingRun[], parts: readonly FilePart[]): FileRange[] {
  return runs.map(({ piece, address, length }, index) =>
    fileRange(piece, { address, length, offset: at(parts, index).offset }),
  );
}

export function pieceOfRun({ program: { blueprint, layout }, piece }: DeviatingRun): PieceOf {
  return { blueprint, layout, piece };
}

/** Offsets of a run's words that move, where it stands at `start`. A word across its border is the neighbour's, too. */
export function runWords({ program, address, length }: DeviatingRun, start: FileOffset): FileOffset[] {
  const words = movingWords(program);
  const offsets: FileOffset[] = [];
  for (let page = address; page < address + length; page += pageSize)
    for (const word of words.get(page) ?? [])
      if (word >= address && word < address + length) offsets.push(start + word - address);
  return offsets;
}

/** Where each run stands. */
export function placesOf(runs: readonly StockedRun[]): ReadonlyMap<string, Place> {
  return new Map(runs.map(({ hash, place }) => [hash, place]));
}

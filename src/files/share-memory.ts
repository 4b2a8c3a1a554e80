/**
 * Writes what several programs share once: their modules, each as most of them have it (`stockModules`), and the runs of pages in
 * which some differ (`fileMember` finds them, `stockRuns` keeps those that several programs have). What is left stands in a
 * program's own image.
 */
import type { PlacedMemory } from '../image/compose-image.ts';
import type { Place } from '../image/filing.ts';
import { PageReader } from '../image/page-reader.ts';
import type { Audience } from '../program/audience.ts';
import type { Arrangement } from '../ranges/arrangement.ts';
import type { Partition } from '../ranges/order.ts';
import { collectContents } from './contents.ts';
import type { MemberFiling } from './member-filing.ts';
import { fileMember } from './member-filing.ts';
import { placesOf, stockRuns } from './pool.ts';
import type { Stock, StockedModule } from './stock.ts';
import type { NewFile } from './stocking.ts';
import { stockModules } from './stocking.ts';

export interface SharingInput {
  readonly arrangement: Arrangement;
  readonly partitions: readonly Partition[];
  /** What stands in files already. */
  readonly stock: Stock;
  readonly newFile: NewFile;
  /** Pages: see `member-filing.ts`. */
  readonly gap: number;
  /** Whom files are for at most, whoever may read the modules. */
  readonly readers: Audience;
  /** Whether programs come later, which may share what stands in files now. */
  readonly grows: boolean;
}

export interface SharedMemory {
  /** Of each program: where its memory stands in shared files, and where it differs from there. */
  readonly filings: ReadonlyMap<PlacedMemory, MemberFiling>;
  /** Where runs stand that several programs have, by their hash. */
  readonly places: ReadonlyMap<string, Place>;
  /** What was written now. */
  readonly added: Stock;
}

export function shareMemory(programs: readonly PlacedMemory[], input: SharingInput): SharedMemory {
  const { arrangement, partitions, stock, newFile, readers, grows } = input;
  const means = { arrangement, newFile, readers, isSole: !grows && programs.length === 1 };
  const contents = collectContents(programs, modulesToStock(programs, input, means.isSole));
  const groups = arrangement.files === 'collection' ? [wholeCollection(partitions)] : partitions;
  const modules = stockModules(contents, groups, means);
  const filings = fileMembers(programs, [...stock.modules, ...modules], input);
  const deviating = [...filings.values()].map((filing) => filing.runs);
  const runs = stockRuns(deviating, stock.runs, means);
  return { filings, places: placesOf([...stock.runs, ...runs]), added: { modules, runs } };
}

function wholeCollection(partitions: readonly Partition[]): Partition {
  return { name: 'data', modules: partitions.flatMap(({ modules }) => modules) };
}

/** Paths of the modules that no shared file has, and one shall. `isSole`: nobody shares with the one program that there is. */
function modulesToStock(
  programs: readonly PlacedMemory[],
  { arrangement: { files }, partitions, stock }: SharingInput,
  isSole: boolean,
): ReadonlySet<string> {
  if (files === 'program' || (files === 'collection' && isSole)) return new Set();
  const wanted = new Set(partitions.flatMap(({ modules }) => modules));
  for (const { path } of stock.modules) wanted.delete(path);
  if (files !== 'module')
    for (const { blueprint } of programs) wanted.delete(blueprint.facts.executable.path);
  return wanted;
}

function fileMembers(
  programs: readonly PlacedMemory[],
  modules: readonly StockedModule[],
  { arrangement: { codeFromModules }, gap }: SharingInput,
): ReadonlyMap<PlacedMemory, MemberFiling> {
  const byPath = new Map(modules.map((each) => [each.path, each]));
  const reader = new PageReader();
  const means = { stock: byPath, codeFromModules, reader, gap };
  try {
    return new Map(programs.map((each) => [each, fileMember(each, means)]));
  } finally {
    reader.close();
  }
}

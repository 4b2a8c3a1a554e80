/** What a store holds: `linkonce store list`. */
import { writtenCount } from '../files/stocking.ts';
import type { HandOvers } from '../image/hand-over-count.ts';
import { readCount } from '../image/hand-over-count.ts';
import type { Obstacle } from '../image/obstacle.ts';
import { describeReason } from '../image/obstacle.ts';
import { sameIdentity } from '../program/file-identity.ts';
import type { FileIdentity } from '../program/program.ts';
import type { Variables } from '../program/environment.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { Catalogue, StoredProgram, UnpreparedModule } from './catalogue.ts';
import { filesOf, keyOf, referencedFiles, requireCatalogue } from './catalogue.ts';
import { storedKb } from './commit.ts';
import { askPrograms } from './ask-programs.ts';
import { countPathOf } from './counts.ts';
import { identityOf } from './freshness.ts';
import { writtenElsewhere } from './moved-store.ts';
import { describeReaders } from './readers.ts';

/** One form of a program, as it would start now. */
export interface ListedProgram {
  readonly name: string;
  /** The linker's variables that this form is for, as `NAME=VALUE`. */
  readonly variables: Variables;
  readonly program: string;
  readonly modules: number;
  /** Modules that it opens with dlopen(3), as far as that was learnt. */
  readonly opened: number;
  /** Of these, the ones that ld.so relocates each time, and why. */
  readonly unprepared: readonly UnpreparedModule[];
  /** Why it does not run from the store, for this user here and now; absent where it does. */
  readonly stale?: string;
  /** What happens then; absent where it runs from the store. */
  readonly outcome?: Obstacle['outcome'];
  /** Starts of the store's owner that were handed over; absent where there was none. */
  readonly handedOver?: HandOvers;
  /** Pages that the platform's linker writes in each process of it. */
  readonly writtenPages: number;
  readonly notes: readonly string[];
}

/** What a store holds, and what it saves. */
export interface Listing {
  readonly store: string;
  /** For which folder its files were written, where it is another one: nothing runs from it before an update. */
  readonly movedFrom?: string;
  readonly system: string;
  readonly window: { readonly base: Address; readonly bits: number };
  readonly slide: string;
  /** Who may read what says addresses: `everybody`, `owner`, or `group NUMBER`. */
  readonly readers: string;
  readonly modules: number;
  readonly programs: readonly ListedProgram[];
  /** kB. */
  readonly relocated: {
    /** Relocated pages in the files of the store. */
    readonly storedKb: number;
    /** What one process of each program would hold privately under the platform's linker. */
    readonly underLinkerKb: number;
    /** The second divided by the first. */
    readonly ratio: number;
  };
  /** Allocated, kB. */
  readonly disk: { readonly sharedKb: number; readonly imagesKb: number; readonly recordsKb: number };
}

/** Throws LinkonceError where there is no store. */
export async function listStore(store: string): Promise<Listing> {
  const catalogue = requireCatalogue(store);
  const { settings, space, modules, programs } = catalogue;
  const obstacles = await askPrograms(store, programs, 'bin');
  const known = new Map(modules.map(({ path, identity }) => [path, identity]));
  const movedFrom = writtenElsewhere(store, catalogue);
  return {
    store,
    ...(movedFrom !== undefined && { movedFrom }),
    system: `${settings.system}:${settings.variant}`,
    window: space,
    slide: settings.slide,
    readers: describeReaders(settings.readers),
    modules: modules.length,
    programs: programs.map((program) => ({
      ...listProgram(store, program, obstacles.get(keyOf(program))),
      unprepared: unpreparedNow(program, known),
    })),
    relocated: relocatedSizes(catalogue),
    disk: diskSizes(store, catalogue),
  };
}

/** No start asks for the modules that it opens: each dlopen does, and leaves to ld.so what is another file by then. */
function unpreparedNow(
  { opened, unprepared }: StoredProgram,
  known: ReadonlyMap<string, FileIdentity>,
): UnpreparedModule[] {
  const said = new Set(unprepared.map(({ path }) => path));
  const others = opened.filter((file) => !said.has(file) && !isAsKnown(file, known.get(file)));
  return [...unprepared, ...others.map((path) => ({ path, reason: 'is another file now: `store update`' }))];
}

function isAsKnown(file: string, known: FileIdentity | undefined): boolean {
  const now = identityOf(file);
  return now !== undefined && known !== undefined && sameIdentity(now, known);
}

function listProgram(
  store: string,
  program: StoredProgram,
  obstacle: Obstacle | undefined,
): Omit<ListedProgram, 'unprepared'> {
  const { name, variables, invocation, modules, opened, writtenPages, notes } = program;
  const handedOver = readCount(countPathOf(store, name));
  return {
    ...{ name, variables, program: invocation, modules: modules.length, writtenPages, notes },
    opened: opened.length,
    ...staleOf(program, obstacle),
    ...(handedOver && handedOver.count > 0 && { handedOver }),
  };
}

/** The launcher's own answer. Why a bind failed says more than that its launcher is that of before. */
function staleOf(
  { invocation, relocatedAtStart, failed, launcher }: StoredProgram,
  obstacle: Obstacle | undefined,
): Pick<ListedProgram, 'stale' | 'outcome'> {
  if (!identityOf(invocation)) return { stale: 'it is gone', outcome: 'fails' };
  if (relocatedAtStart !== undefined) return { stale: relocatedAtStart, outcome: 'hands-over' };
  if (failed !== undefined && launcher === '') return { stale: failed, outcome: 'hands-over' };
  if (obstacle === undefined) return {};
  return { stale: failed ?? describeReason(obstacle), outcome: obstacle.outcome };
}

function relocatedSizes({ stock, programs }: Catalogue): Listing['relocated'] {
  const pageKb = pageSize / 1024;
  const own = programs.reduce((sum, { ownPages }) => sum + ownPages, 0);
  const runs = stock.runs.reduce((sum, { pages }) => sum + pages, 0);
  const stored = (writtenCount(stock.modules) + runs + own) * pageKb;
  const underLinkerKb = programs.reduce((sum, { writtenPages }) => sum + writtenPages, 0) * pageKb;
  return { storedKb: stored, underLinkerKb, ratio: stored === 0 ? 0 : underLinkerKb / stored };
}

function diskSizes(store: string, catalogue: Catalogue): Listing['disk'] {
  const { programs } = catalogue;
  const records = new Set(programs.map(({ record }) => record).filter((name) => name !== ''));
  const own = new Set(
    programs.flatMap((program) => filesOf({ ...program, shared: [] })).filter((name) => !records.has(name)),
  );
  const shared = [...referencedFiles(catalogue)].filter((name) => !records.has(name) && !own.has(name));
  return {
    sharedKb: storedKb(store, shared),
    imagesKb: storedKb(store, own),
    recordsKb: storedKb(store, records),
  };
}

/** What a store holds: `linkonce store list`. */
import path from 'node:path';
import { writtenCount } from '../files/stocking.ts';
import { readPlan } from '../image/verify-image.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { filesOf, referencedFiles, requireCatalogue } from './catalogue.ts';
import { storedKb } from './commit.ts';
import { names } from './folder.ts';
import { damageOf, identityOf, staleReason } from './freshness.ts';

export interface ListedProgram {
  readonly name: string;
  readonly program: string;
  readonly modules: number;
  /** Why it runs through the platform's linker; absent where it runs from the store. */
  readonly stale?: string;
  /** Pages that the platform's linker writes in each process of it. */
  readonly writtenPages: number;
  readonly notes: readonly string[];
}

export interface Listing {
  readonly store: string;
  readonly system: string;
  readonly window: { readonly base: Address; readonly bits: number };
  readonly slide: string;
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
export function listStore(store: string): Listing {
  const catalogue = requireCatalogue(store);
  const { settings, space, modules, programs } = catalogue;
  return {
    store,
    system: `${settings.system}:${settings.variant}`,
    window: space,
    slide: settings.slide,
    modules: modules.length,
    programs: programs.map((program) => listProgram(store, program)),
    relocated: relocatedSizes(catalogue),
    disk: diskSizes(store, catalogue),
  };
}

function listProgram(store: string, program: StoredProgram): ListedProgram {
  const { name, invocation, modules, writtenPages, notes } = program;
  const stale = whyStale(store, program);
  return {
    ...{ name, program: invocation, modules: modules.length, writtenPages, notes },
    ...(stale === undefined ? {} : { stale }),
  };
}

function whyStale(store: string, program: StoredProgram): string | undefined {
  if (!identityOf(program.invocation)) return 'it is gone';
  const { relocatedAtStart, failed, image } = program;
  const files = path.join(store, names.files);
  return (
    relocatedAtStart ?? failed ?? damageOf(files, program) ?? staleReason(readPlan(path.join(files, image)))
  );
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

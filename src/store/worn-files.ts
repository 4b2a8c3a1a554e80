/**
 * Partitions of which too much is no longer used: they are written anew, one at a time, when something is built anyway. A
 * changed module first gets a file of its own, so that an update does not write its whole partition.
 */
import path from 'node:path';
import type { Stock, StockedModule } from '../files/stock.ts';
import type { Catalogue, StoredProgram } from './catalogue.ts';
import { isBound } from './catalogue.ts';

/** A file that is used by less than this is written anew, */
const leastUse = 3 / 4;
/** where so many bytes are lost: less is not worth that programs which nothing changed for are laid out again. */
const leastLoss = 64 * 1024;

export interface WithoutWorn {
  readonly base: Catalogue;
  /** Programs that map a worn file, or one that is not in stock any more: they are laid out again, from their records. */
  readonly worn: readonly StoredProgram[];
}

/** The catalogue without its worn files and the programs that map them. */
export function withoutWorn(catalogue: Catalogue): WithoutWorn {
  const { modules } = catalogue.stock;
  const files = wornFiles(modules);
  const stocked = stockedFiles(catalogue.stock);
  const isWorn = (program: StoredProgram): boolean =>
    isBound(program) && program.shared.some((name) => files.has(name) || !stocked.has(name));
  return {
    base: {
      ...catalogue,
      programs: catalogue.programs.filter((program) => !isWorn(program)),
      stock: {
        ...catalogue.stock,
        modules: modules.filter(({ file }) => !files.has(path.basename(file.path))),
      },
    },
    worn: catalogue.programs.filter(isWorn),
  };
}

function stockedFiles({ modules, runs }: Stock): ReadonlySet<string> {
  const files = [...modules, ...runs.map(({ place }) => place)].map(({ file }) => path.basename(file.path));
  return new Set(files);
}

/** Names of files of which modules were taken out. */
function wornFiles(modules: readonly StockedModule[]): ReadonlySet<string> {
  const used = new Map<string, { bytes: number; size: number }>();
  for (const { file, ranges } of modules) {
    const entry = used.get(file.path) ?? { bytes: 0, size: Number(file.identity.size) };
    entry.bytes += ranges.reduce((sum, { length }) => sum + length, 0);
    used.set(file.path, entry);
  }
  const worn = [...used].filter(
    ([, { bytes, size }]) => bytes < size * leastUse && size - bytes >= leastLoss,
  );
  return new Set(worn.map(([file]) => path.basename(file)));
}

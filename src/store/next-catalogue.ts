/** The catalogue before and after programs are built. */
import path from 'node:path';
import type { Placing } from '../ranges/place-programs.ts';
import type { Stock } from '../files/stock.ts';
import type { BackingFile } from '../image/backing.ts';
import { readersOf } from '../program/audience.ts';
import { sameIdentity } from '../program/file-identity.ts';
import type { Module, Program } from '../program/program.ts';
import type { Catalogue, KnownModule, StoredProgram } from './catalogue.ts';
import { allModules, compareForms, keyOf } from './catalogue.ts';
import { identityOf, isForSameUsers, loaderDigest, moduleDigest } from './freshness.ts';
import type { Loaded, Wish } from './session.ts';

/**
 * The store without the programs that are built again, and without what it knows of files that changed, or cannot be read. Where a module is for other
 * users now, no file that may hold bytes of it stays.
 */
export function withoutChanged(
  catalogue: Catalogue,
  wishes: readonly Wish[],
  loaded: readonly Loaded[],
): Catalogue {
  const replaced = new Set(wishes.map(keyOf));
  const programs = catalogue.programs.filter((each) => !replaced.has(keyOf(each)));
  const now = new Map(
    loaded.flatMap(({ program }) => modulesOf(program).map((each) => [each.path, each] as const)),
  );
  const isOther = (known: KnownModule): boolean => {
    const module = now.get(known.path);
    if (!module || sameIdentity(module.identity, known.identity)) return false;
    return moduleDigest(module) !== known.digest;
  };
  const unread = loaded.flatMap((each) => each.unread.map((module) => module.path));
  const changed = new Set([...catalogue.modules.filter(isOther).map((known) => known.path), ...unread]);
  const isKept = ({ path: file }: { readonly path: string }): boolean => !changed.has(file);
  const { modules: stocked, runs } = isForSameUsers(catalogue) ? catalogue.stock : { modules: [], runs: [] };
  return {
    ...catalogue,
    programs,
    modules: catalogue.modules.filter(isKept),
    holdings: catalogue.holdings.filter(({ key }) => !changed.has(key)),
    stock: {
      modules: stocked.filter((each) => isKept(each) && isAsWritten(each.file)),
      runs: runs.filter(({ place }) => isAsWritten(place.file)),
    },
  };
}

/** All that a process of it may have. */
function modulesOf({ modules, opened }: Program): readonly Module[] {
  return [...modules, ...opened];
}

/** Whether a shared file is still the one that the store wrote. */
function isAsWritten({ path: file, identity }: BackingFile): boolean {
  const now = identityOf(file);
  return now !== undefined && sameIdentity(now, identity);
}

/** With what was built and written. */
export function merge(
  base: Catalogue,
  loaded: readonly Loaded[],
  placing: Placing,
  built: readonly StoredProgram[],
  added: Stock,
): Catalogue {
  const programs = [...base.programs, ...built].sort(compareForms);
  const used = new Set(programs.flatMap(allModules));
  const { modules, runs } = base.stock;
  return {
    ...base,
    loader: loaderDigest(),
    programs,
    modules: knownModules(base, loaded).filter((each) => used.has(each.path)),
    holdings: placing.holdings.filter(({ key }) => used.has(key)),
    stock: {
      modules: [...modules, ...added.modules].filter((each) => used.has(each.path)),
      runs: [...runs, ...added.runs].filter(({ place }) =>
        programs.some(({ shared }) => shared.includes(path.basename(place.file.path))),
      ),
    },
  };
}

function knownModules(base: Catalogue, loaded: readonly Loaded[]): KnownModule[] {
  const known = new Map(base.modules.map((each) => [each.path, each]));
  for (const { program } of loaded)
    for (const module of modulesOf(program)) {
      const { path: file, name, identity } = module;
      const before = known.get(file);
      if (before && sameIdentity(before.identity, identity)) continue;
      const digest = before?.digest ?? moduleDigest(module);
      known.set(file, { path: file, name, identity, digest, readers: readersOf([file]) });
    }
  return [...known.values()];
}

/**
 * A store goes elsewhere: it is written there from its records, as its launchers and plans name their files by whole paths, and only then
 * taken away here. A kill leaves the old one or both, each of them whole.
 */
import { copyFileSync, existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeWhole } from '../image/assemble-file.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Catalogue } from './catalogue.ts';
import { filesOf, readCatalogue, requireCatalogue } from './catalogue.ts';
import { commit } from './commit.ts';
import { makeWithin, names } from './folder.ts';
import type { StoreContext } from './lock.ts';
import { withNewStoreLock, withStoreLock } from './lock.ts';
import { layOutAgain } from './relayout.ts';
import { requireUnserved, takeAway } from './store.ts';
import { updatePrograms } from './update.ts';

/** What came of moving a store. */
export interface Moved {
  /** How many programs there are. */
  readonly count: number;
  /** What is not the store's, and stays in its old folder. */
  readonly left: readonly string[];
}

/** `target`: absolute; nothing, or an empty folder. Throws LinkonceError. */
export function moveStore(context: StoreContext, target: string): Promise<Moved> {
  const { store, onProgress } = context;
  requireApart(store, target);
  return withStoreLock(context, async () => {
    requireUnserved(store);
    const { catalogue } = await updatePrograms(store, requireCatalogue(store), onProgress);
    await withNewStoreLock({ ...context, store: target }, async () => {
      if (readCatalogue(target)) throw new LinkonceError(`${target}: is a store already`);
      const { space } = catalogue;
      const moved = await layOutAgain(store, target, catalogue, space, onProgress);
      copyFailed(store, target, catalogue);
      copyCounts(store, target);
      commit(target, moved);
    });
    return { count: new Set(catalogue.programs.map(({ name }) => name)).size, left: takeAway(store) };
  });
}

/** What is removed with the old store must not be the new one. */
function requireApart(store: string, target: string): void {
  const [from, to] = [realPath(store), realPath(target)];
  if (`${to}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${to}/`))
    throw new LinkonceError(`${target}: one of the two stores would be in the other`);
}

/** Of a folder that need not be there yet. */
function realPath(folder: string): string {
  if (existsSync(folder)) return realpathSync(folder);
  return path.join(realPath(path.dirname(folder)), path.basename(folder));
}

/** Programs that cannot be bound now keep what they had: their launchers hand over wherever they are. */
function copyFailed(store: string, target: string, { programs }: Catalogue): void {
  const failed = programs.filter((program) => program.failed !== undefined);
  for (const name of new Set(failed.flatMap(filesOf))) {
    const source = path.join(store, names.files, name);
    const { mode, gid: group } = statSync(source);
    writeWhole(path.join(target, names.files, name), readFileSync(source), { mode: mode & 0o777, group });
  }
}

function copyCounts(store: string, target: string): void {
  const [from, to] = [store, target].map((folder) => path.join(folder, names.counts)) as [string, string];
  if (!existsSync(from)) return;
  makeWithin(target, names.counts);
  for (const name of readdirSync(from)) copyFileSync(path.join(from, name), path.join(to, name));
}

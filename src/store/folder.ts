/**
 * Where a store is, and what stands in it: a record of each program (its blueprint), a catalogue (modules with their digests and
 * ranges, programs, what stands in which file), and files that never change.
 *
 * 1. An update judges each program by its plan (freshness.ts): it is fresh; or only identities of equal files changed, which are
 *    written into its plan (refresh.ts); or it is built again.
 * 2. To build it (rebuild.ts), workers capture the programs, and what the store has already is shared with what is new.
 * 3. `commit` writes a generation (catalogue and launchers) and replaces one link. Then what no generation needs is removed.
 * 4. New addresses, and a store elsewhere, need records only (relayout.ts): nothing is captured again.
 * 5. `verifyStore` does the loader's work on paper, and compares every page with what the record says.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { placesName, socketName } from '../files/places-name.ts';
import { serving } from '../image/plan-layout.ts';
import { LinkonceError } from '../util/errors.ts';
import { userFolder } from '../util/user-folder.ts';

/** Names below a store's folder. */
export const names = {
  /** A link to the launchers of the current generation: for PATH. */
  bin: 'bin',
  /** A link to the current generation: replacing it is what commits a change. */
  current: 'current',
  generations: 'generations',
  /** Files that never change once they are written: images, shared files, records, launchers. */
  files: 'files',
  /** How often each launcher handed over. */
  counts: 'counts',
  /** The folder in which places are shown, where the system has such. */
  places: placesName,
  /** Where their server answers. */
  socket: socketName,
  /** By which launchers see that somebody serves. */
  beacon: `${placesName}${serving.suffix}`,
  /** What makes a folder a store: the first file that appears and the last that goes. */
  lock: 'linkonce.lock',
  catalogue: 'catalogue',
} as const;

/** The machine's store for root, the user's own for all others (XDG base directory specification). */
export function defaultStore(): string {
  if (process.getuid?.() === 0) return '/var/lib/linkonce';
  return path.join(userFolder('XDG_DATA_HOME', path.join('.local', 'share')), 'linkonce');
}

/** Where the places of a store are, and the files that they show. */
export function shownPlaces(store: string): { readonly path: string; readonly files: string } {
  return { path: path.join(store, names.places), files: path.join(store, names.files) };
}

export function isStore(folder: string): boolean {
  return existsSync(path.join(folder, names.lock));
}

/** The store that a launcher is in: among its files, or in a generation. Undefined where it is in none. */
export function storeAround(launcher: string): string | undefined {
  const folder = path.dirname(realpathSync(launcher));
  return [path.dirname(folder), path.resolve(folder, '../../..')].find(isStore);
}

/** The name of the generation that a store shows. Another command may replace it, but never takes it away before `undo`. */
export function currentGeneration(store: string): string | undefined {
  const link = path.join(store, names.current);
  const status = lstatSync(link, { throwIfNoEntry: false });
  return status && path.basename(readlinkSync(link));
}

/** Whether a name in a store's folder is that of a link which a killed command was about to put in its place. */
export function isTemporary(name: string): boolean {
  return /^\.(bin|current)-/.test(name);
}

/** The same of a killed server's beacon and socket. */
export function isHiddenOfServer(name: string): boolean {
  return name.startsWith(`.${names.beacon}-`) || /^\.s-[0-9a-f]{8}$/.test(name);
}

/**
 * Makes a folder of the store where it is missing, and those on the way to it; answers its path. They are for whom the store's own folder is, whatever
 * the umask: a hook below a root that gives others nothing would take the launchers from them.
 */
export function makeWithin(store: string, ...steps: readonly string[]): string {
  const mode = statSync(store).mode & 0o755;
  return steps.reduce((parent, step) => {
    const folder = path.join(parent, step);
    mkdirSync(folder, { recursive: true });
    if ((statSync(folder).mode & 0o777) !== mode) chmodSync(folder, mode);
    return folder;
  }, store);
}

/** A store that another user could write is not used. */
export function requirePrivate(store: string): void {
  const status = statSync(store);
  if (!status.isDirectory()) throw new LinkonceError(`${store}: is not a folder`);
  const { uid, mode } = status;
  const own = process.getuid?.();
  if ((uid !== own && uid !== 0) || (mode & 0o022) !== 0)
    throw new LinkonceError(`${store}: another user could write it: it must be yours, mode 0755 or less`);
}

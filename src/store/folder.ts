/** Where a store is, what stands in it, and the lock that serialises its changes. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import koffi from 'koffi';
import { placesName, socketName } from '../collection/places-name.ts';
import { LinkonceError } from '../util/errors.ts';

/** Names below a store's folder. */
export const names = {
  /** A link to the launchers of the current generation: for PATH. */
  bin: 'bin',
  /** A link to the current generation: replacing it is what commits a change. */
  current: 'current',
  generations: 'generations',
  /** Files that never change once they are written: images, shared files, records, launchers. */
  files: 'files',
  /** What makes a folder a store: the first file that appears and the last that goes. */
  /** The folder in which places are shown, where the system has such. */
  places: placesName,
  /** Where their server answers. */
  socket: socketName,
  lock: 'linkonce.lock',
  catalogue: 'catalogue',
} as const;

/** The machine's store for root, the user's own for all others (XDG base directory specification). */
export function defaultStore(): string {
  if (process.getuid?.() === 0) return '/var/lib/linkonce';
  const given = process.env.XDG_DATA_HOME ?? '';
  return path.join(path.isAbsolute(given) ? given : path.join(homedir(), '.local', 'share'), 'linkonce');
}

/**
 * Creates the folder where it is missing. Throws LinkonceError where it has other things than a store, or another user could
 * write it.
 */
export function prepareStore(store: string): void {
  mkdirSync(store, { recursive: true, mode: 0o755 });
  if (!isStore(store) && readdirSync(store).length > 0)
    throw new LinkonceError(`${store}: is not empty, and no store`);
  requirePrivate(store);
  closeSync(openSync(path.join(store, names.lock), 'a', 0o644));
  for (const name of [names.files, names.generations])
    mkdirSync(path.join(store, name), { recursive: true, mode: 0o755 });
}

/** Where the places of a store are, and the files that they show. */
export function shownPlaces(store: string): { readonly path: string; readonly files: string } {
  return { path: path.join(store, names.places), files: path.join(store, names.files) };
}

export function isStore(folder: string): boolean {
  return existsSync(path.join(folder, names.lock));
}

/** Whether a name in a store's folder is that of a link which a killed command was about to put in its place. */
export function isTemporary(name: string): boolean {
  return /^\.(bin|current)-/.test(name);
}

/** A store that another user could write is not used. */
export function requirePrivate(store: string): void {
  const { uid, mode } = statSync(store);
  const own = process.getuid?.();
  if ((uid !== own && uid !== 0) || (mode & 0o022) !== 0)
    throw new LinkonceError(`${store}: another user could write it: it must be yours, mode 0755 or less`);
}

const libc = koffi.load(null);
const flock = libc.func('int flock(int file, int operation)');
/** sys/file.h */
const lockExclusive = 2;
const lockNonBlocking = 4;

/**
 * Runs `work` while no other command changes the store; `onWait` is called when another one does. The kernel gives the lock
 * back when this process ends, however it ends: flock(2). Throws LinkonceError where there is no store (any more).
 */
export async function withStoreLock<T>(
  store: string,
  onWait: () => void,
  work: () => Promise<T> | T,
): Promise<T> {
  const lock = path.join(store, names.lock);
  const file = openLock(lock, store);
  try {
    if (Number(flock(file, lockExclusive | lockNonBlocking)) !== 0) {
      onWait();
      while (Number(flock(file, lockExclusive)) !== 0) if (koffi.errno() !== koffi.os.errno.EINTR) break;
    }
    // `undo` removes the lock: who waited for it has that of a store that is gone.
    if (statSync(lock, { throwIfNoEntry: false })?.ino !== fstatSync(file).ino)
      throw new LinkonceError(`${store}: was removed by another command`);
    return await work();
  } finally {
    closeSync(file);
  }
}

function openLock(lock: string, store: string): number {
  try {
    return openSync(lock, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new LinkonceError(`${store}: there is no store; \`store add\` makes one`);
  }
}

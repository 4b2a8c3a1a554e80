/**
 * The folder that becomes a store. One of this user's own in which nothing is, and in which others may write, as the root of a file
 * system is that was just mounted, is closed to them first; what they put there at that very moment makes it no folder for a store.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { LinkonceError } from '../util/errors.ts';
import { isStore, names } from './folder.ts';

/** What mkfs makes at the root of a file system. */
const ofFileSystem = 'lost+found';
/** All but the rights of group and others to write; and of S_ISVTX, which is for folders that many write to. */
const closed = 0o755;

/**
 * Makes the folder where it is missing. Throws LinkonceError where it can be no store's; ENOENT, too, where it is there when it is
 * made, and gone when it is looked at.
 */
export function prepareFolder(store: string): void {
  makeFolder(store);
  requireStoreOrEmpty(store);
  closeEmpty(store);
}

function makeFolder(store: string): void {
  if (lstatSync(store, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(store))
    throw new LinkonceError(`${store}: is a link that leads nowhere`);
  if (statSync(store, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new LinkonceError(`${store}: is not a folder`);
  const isNew = mkdirSync(store, { recursive: true, mode: closed }) !== undefined;
  // The launchers in it are for everybody, whoever may read the rest.
  if (isNew && process.geteuid?.() === 0) chmodSync(store, closed);
}

/** A store is one whose lock is listed, or appeared since: it is the first to come and the last to go. */
function requireStoreOrEmpty(store: string): void {
  const listed = entries(store);
  if (listed.length > 0 && !listed.includes(names.lock) && !isStore(store))
    throw new LinkonceError(`${store}: is not empty, and no store`);
}

function closeEmpty(store: string): void {
  const { uid, mode } = statSync(store);
  if (uid !== process.geteuid?.() || (mode & 0o022) === 0 || entries(store).length > 0) return;
  chmodSync(store, mode & closed);
  // Another command of ours may have made its store in it by now.
  const foreign = entries(store).find((name) => lstatSync(path.join(store, name)).uid !== uid);
  if (foreign !== undefined) throw new LinkonceError(`${store}: another user put ${foreign} there`);
}

function entries(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== ofFileSystem);
}

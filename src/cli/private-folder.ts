/**
 * Whether a folder is this user's alone, by the way to it as well: who can write to a folder above can put another one, or a link
 * to one, in its place.
 */
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Stats } from 'node:fs';
import { isSystemError } from '../util/system-errors.ts';

const writable = { byGroup: 0o020, byAll: 0o002 };
/** Only the owner of an entry, or of the folder, may rename or remove it: inode(7), S_ISVTX. */
const sticky = 0o1000;

/** False also where it cannot be looked at, or goes meanwhile. */
export function isPrivate(folder: string): boolean {
  try {
    return isOnlyOurs(folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** A link is its maker's word: only the user's own is followed. */
function isOnlyOurs(folder: string): boolean {
  if (!isOwn(lstatSync(folder))) return false;
  const real = realpathSync(folder);
  return isOwnFolder(lstatSync(real)) && parents(folder).every(isSafe) && parents(real).every(isSafe);
}

/** Whether a file that a folder of this user has can only have been put there by him. */
export function isOwn({ uid }: Stats): boolean {
  return uid === process.geteuid?.();
}

function isOwnFolder(status: Stats): boolean {
  return status.isDirectory() && isOwn(status) && (status.mode & (writable.byGroup | writable.byAll)) === 0;
}

function parents(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [] : [parent, ...parents(parent)];
}

/** Nobody but this user and root can take away what it has of them. A user's own group may have but him. */
function isSafe(folder: string): boolean {
  const { uid, gid, mode } = lstatSync(realpathSync(folder));
  if (uid !== 0 && uid !== process.geteuid?.()) return false;
  if ((mode & sticky) !== 0) return true;
  return (mode & writable.byAll) === 0 && ((mode & writable.byGroup) === 0 || gid === process.getegid?.());
}

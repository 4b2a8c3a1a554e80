/** Where a user's files go, by the XDG base directory specification. */
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { LinkonceError } from './errors.ts';

/**
 * What the variable says, which the specification has ignored where it is relative; else `below` in the home folder. Throws
 * LinkonceError where no home is known.
 */
export function userFolder(variable: string, below: string): string {
  const given = process.env[variable] ?? '';
  return path.isAbsolute(given) ? given : path.join(homeFolder(variable), below);
}

/** What this user can do without: launchers of `run`, compiled modules. Throws LinkonceError where no home is known. */
export function cacheFolder(): string {
  return path.join(userFolder('XDG_CACHE_HOME', '.cache'), 'linkonce');
}

/** HOME, or what the system has of this user: a HOME that is empty or relative would be a folder wherever somebody stands. */
function homeFolder(variable: string): string {
  const given = process.env.HOME ?? '';
  try {
    return path.isAbsolute(given) ? homedir() : userInfo().homedir;
  } catch (error) {
    // A user without an entry in passwd(5), as in containers.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new LinkonceError(`this user has no home folder: set HOME, or ${variable}`);
  }
}

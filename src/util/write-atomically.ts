/** Files that appear whole or not at all: written beside their place, synchronised, renamed. */
import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fchownSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { LinkonceError } from './errors.ts';

/**
 * `write` fills the new file through its descriptor; `mode` is exact, whatever the umask. It is for `group`, where that is given;
 * where the file cannot be given to that group, no group gets anything. Throws LinkonceError with the
 * system's reason where the file cannot be written, and leaves nothing behind.
 */
export function writeAtomically(
  path: string,
  mode: number,
  write: (file: number) => void,
  group?: number,
): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      write(file);
      fchmodSync(file, group === undefined || giveTo(group, file) ? mode : mode & ~0o070);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new LinkonceError(`${path}: cannot be written (${code})`);
  }
}

/** Only root, and members of the group, may. */
function giveTo(group: number, file: number): boolean {
  try {
    fchownSync(file, -1, group);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return false;
  }
}

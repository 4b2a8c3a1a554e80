/** Files that appear whole or not at all: written beside their place, synchronised, renamed. */
import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { LinkonceError } from './errors.ts';

/**
 * `write` fills the new file through its descriptor; `mode` is exact, whatever the umask. Throws LinkonceError with the
 * system's reason where the file cannot be written, and leaves nothing behind.
 */
export function writeAtomically(path: string, mode: number, write: (file: number) => void): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      write(file);
      fchmodSync(file, mode);
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

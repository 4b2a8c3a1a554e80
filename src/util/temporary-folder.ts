import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LinkonceError } from './errors.ts';

/** A new folder of this user's alone; its name begins with `linkonce-` and this. Throws LinkonceError where TMPDIR is no folder to make one in. */
export function makeTemporaryFolder(purpose: string): string {
  try {
    return mkdtempSync(path.join(tmpdir(), `linkonce-${purpose}-`));
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new LinkonceError(`${tmpdir()}: is no folder for temporary files (${code}); TMPDIR says which`);
  }
}

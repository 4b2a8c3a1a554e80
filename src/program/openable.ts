import { existsSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { fileKind } from './file-kind.ts';

/**
 * Whether the linker takes the file at `path` for a library: it can be opened and is an ELF file for this machine. Files that it
 * may not open, and those of another class or machine, are passed over, as `open_path` and `open_verify` of glibc's
 * elf/dl-load.c do. Throws LinkonceError where the linker would give up: anything else of that name.
 */
export function isOpenable(path: string): boolean {
  if (!existsSync(path)) return false;
  const found = fileKind(path);
  if (found.kind === 'native') return true;
  if (found.kind === 'foreign' || (found.kind === 'unreadable' && found.code === 'EACCES')) return false;
  throw new LinkonceError(`${path} ${found.kind === 'script' ? 'is a script, no library' : found.what}`);
}

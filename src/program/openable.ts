import { existsSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { fileKind } from './file-kind.ts';

/**
 * Whether the linker takes the file at `path` for a library: it can be opened and is an ELF file for x86-64. Files of
 * another class or machine are passed over, as `open_verify` of glibc's elf/dl-load.c does. Throws LinkonceError where
 * the linker would give up: anything else of that name.
 */
export function isOpenable(path: string): boolean {
  if (!existsSync(path)) return false;
  const kind = kindOf(path);
  if (kind === undefined || kind.kind === 'foreign') return false;
  if (kind.kind === 'x86-64') return true;
  throw new LinkonceError(`${path} ${kind.kind === 'script' ? 'is a script, no library' : kind.what}`);
}

function kindOf(path: string): ReturnType<typeof fileKind> | undefined {
  try {
    return fileKind(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return undefined;
    throw new LinkonceError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

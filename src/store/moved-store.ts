/**
 * A store whose folder has another name than when it was written (mv, a volume that is mounted elsewhere). Launchers and plans name their
 * files by whole paths, so that such programs run through the platform's linker, until the paths are written anew.
 */
import path from 'node:path';
import { readElf } from '../elf/read-elf.ts';
import { decodeLauncher } from '../image/launcher-file.ts';
import { LinkonceError } from '../util/errors.ts';
import { attemptLater } from '../util/outcome.ts';
import { isNowhere, statusOf } from '../util/status.ts';
import type { Catalogue } from './catalogue.ts';
import { isBound } from './catalogue.ts';
import { names } from './folder.ts';
import { missingFile } from './freshness.ts';
import { layOutAgain } from './relayout.ts';
import type { OnProgress } from './session.ts';

/** The store in which a launcher, or a copy of a program, looks for its files, where that is not this one by another name. */
export function otherStoreOf(launcher: string, store: string): string | undefined {
  const file = firstFileOf(launcher);
  const written = file && path.dirname(path.dirname(file));
  return written === undefined || isSameFolder(written, store) ? undefined : written;
}

/** Its image, or of a copy its interpreter. Undefined where the launcher cannot be read, or is none. */
function firstFileOf(launcher: string): string | undefined {
  try {
    const { bytes, interpreter } = readElf(launcher);
    return decodeLauncher(bytes)?.forms[0]?.imagePath ?? interpreter;
  } catch (error) {
    if (!(error instanceof LinkonceError) && !isNowhere(error)) throw error;
    return undefined;
  }
}

function isSameFolder(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [statusOf(one), statusOf(other)];
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}

/**
 * The catalogue with all files written anew for where the store is, if it was written for another place, and each program is as the store
 * knows it; otherwise the same one. The caller commits it.
 */
export async function atItsPlace(
  store: string,
  catalogue: Catalogue,
  onProgress: OnProgress,
): Promise<{ readonly catalogue: Catalogue; readonly movedFrom?: string }> {
  const movedFrom = writtenElsewhere(store, catalogue);
  if (movedFrom === undefined) return { catalogue };
  const files = path.join(store, names.files);
  const isWhole = catalogue.programs.every((program) => missingFile(files, program) === undefined);
  const { space } = catalogue;
  const again =
    isWhole && (await attemptLater(() => layOutAgain(store, store, catalogue, space, onProgress)));
  // What changed or was damaged meanwhile is bound again as in any store.
  return { catalogue: again && 'value' in again ? again.value : catalogue, movedFrom };
}

/** For which other folder the store was written, by one of its launchers; undefined where it was for this one. */
export function writtenElsewhere(store: string, { programs }: Catalogue): string | undefined {
  const program = programs.find(isBound);
  return program && otherStoreOf(path.join(store, names.files, program.launcher), store);
}

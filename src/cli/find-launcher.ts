/** Which launcher a person means who names a file: that file, or the launcher of it in a store or in the cache of `run`. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { launcherOf } from '../image/ask-launcher.ts';
import type { SystemChoice } from '../pipeline.ts';
import { fileKind } from '../program/file-kind.ts';
import { findProgram } from '../program/find-program.ts';
import { launcherOfName, readCatalogue } from '../store/catalogue.ts';
import { names, storeAround } from '../store/folder.ts';
import { isSystemError } from '../util/system-errors.ts';
import { statusOf } from '../util/status.ts';
import { cachedImage } from './run-cache.ts';

export interface FoundLauncher {
  readonly file: string;
  /** Where it was found. */
  readonly from: 'itself' | 'store' | 'cache';
  /** Variables that a start adds to the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Places {
  readonly store: string;
  /** Of the cache's launchers. */
  readonly choice: SystemChoice;
}

/** The absolute path of what was typed; a launcher that may not be executed is one, too. Throws LinkonceError where nothing is. */
export function namedFile(typed: string): string {
  const file = path.resolve(typed);
  return typed.includes('/') && statusOf(file)?.isFile() ? file : findProgram(typed, process.env.PATH ?? '');
}

/** Undefined where nobody bound the program. Of a file that this user may not read only itself can be asked. */
export function findLauncher(file: string, { store, choice }: Places): FoundLauncher | undefined {
  const isReadable = fileKind(file).kind !== 'unreadable';
  if (isReadable && isLauncher(file)) return itself(file);
  return (
    storedLauncher(file, store) ?? cachedLauncher(file, choice) ?? (isReadable ? undefined : itself(file))
  );
}

const itself = (file: string): FoundLauncher => ({ file, from: 'itself', environment: {} });

function isLauncher(file: string): boolean {
  if (fileKind(file).kind !== 'native') return false;
  try {
    return launcherOf(file) !== undefined;
  } catch (error) {
    // A program without its linker; or a copy in a store that was moved.
    if (!isSystemError(error)) throw error;
    return storeAround(file) !== undefined;
  }
}

function storedLauncher(file: string, store: string): FoundLauncher | undefined {
  const catalogue = readCatalogue(store);
  const stored = catalogue?.programs.find(
    ({ name, invocation }) => isSameName(invocation, file) && launcherOfName(catalogue, name) !== '',
  );
  return stored && { file: path.join(store, names.bin, stored.name), from: 'store', environment: {} };
}

/** A program's own name is its last link; the folders before it may have several names. */
function isSameName(one: string, other: string): boolean {
  if (one === other) return true;
  if (path.basename(one) !== path.basename(other)) return false;
  try {
    return realpathSync(path.dirname(one)) === realpathSync(path.dirname(other));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

function cachedLauncher(file: string, choice: SystemChoice): FoundLauncher | undefined {
  const cached = cachedImage(file, choice);
  return cached && { file: cached.file, from: 'cache', environment: cached.environment };
}

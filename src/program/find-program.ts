/** From what a person types to the file that the kernel would start. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { LinkonceError } from '../util/errors.ts';
import { statusOf } from '../util/status.ts';

/**
 * The absolute path of a program, symbolic links kept. A name without a slash is looked up in `search`, a list as in
 * PATH; anything else is a path. Throws LinkonceError where there is no such program or it cannot be executed.
 */
export function findProgram(typed: string, search: string): string {
  if (typed === '') throw new LinkonceError('the name of the program is empty');
  if (typed.includes('/')) return executable(path.resolve(typed));
  const found = search
    .split(':')
    .map((directory) => path.resolve(directory, typed))
    .find((file) => problem(file) === undefined);
  if (found === undefined) throw new LinkonceError(`${typed}: no such program in PATH`);
  return found;
}

function executable(file: string): string {
  const fault = problem(file);
  if (fault !== undefined) throw new LinkonceError(`${file}: ${fault}`);
  return file;
}

/** Why `file` cannot be executed; undefined where it can. */
function problem(file: string): string | undefined {
  const stat = statusOf(file);
  if (stat === undefined) return 'no such program';
  if (stat.isDirectory()) return 'is a directory';
  if (!stat.isFile()) return 'is not a regular file';
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return 'is not executable';
  }
  return undefined;
}

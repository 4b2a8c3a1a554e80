/** What stands at a path, where somebody else says which path that is. */
import { statSync, type Stats } from 'node:fs';

/** path_resolution(7): the path leads nowhere, or nowhere that this user may go. Node knows the first of these only. */
const nowhere: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'ELOOP',
  'ENAMETOOLONG',
]);

/** Links followed. Undefined where nothing can be reached by that path. */
export function statusOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch (error) {
    if (isNowhere(error)) return undefined;
    throw error;
  }
}

/** Whether a system call failed since the path that it was given leads nowhere. */
export function isNowhere(error: unknown): boolean {
  return nowhere.has((error as NodeJS.ErrnoException).code);
}

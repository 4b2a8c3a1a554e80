/** Files of one directory stand together in a plan and are looked up from it: the loader walks the way there once. */
import path from 'node:path';

/** Opening a directory costs what two look-ups along its path do. */
const fewestInDirectory = 3;

export interface InDirectory<T> {
  readonly value: T;
  /** Empty: the path is whole. */
  readonly directory: string;
  readonly path: string;
}

/**
 * Values in the order of their directories, with their paths relative to one that has at least three of them. `pathOf` answers
 * an empty path for what is in none; `staysAlone`: paths that stay whole.
 */
export function inDirectories<T>(
  values: readonly T[],
  pathOf: (value: T) => string,
  staysAlone: (file: string) => boolean = () => false,
): InDirectory<T>[] {
  const directories = new Map<string, T[]>();
  for (const value of values) {
    const directory = path.dirname(pathOf(value));
    const members = directories.get(directory);
    if (members) members.push(value);
    else directories.set(directory, [value]);
  }
  return [...directories].flatMap(([directory, members]) =>
    members.map((value) => {
      const file = pathOf(value);
      const together = members.length >= fewestInDirectory && file !== '' && !staysAlone(file);
      return { value, directory: together ? directory : '', path: together ? path.basename(file) : file };
    }),
  );
}

/** Where the compiled parts of `native/` are: beside the built JavaScript, in `build/native` of the package. */
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { existsSync } from 'node:fs';

/** The package's root: the directory that holds `native/`, whether the code runs from `src/` or from `dist/src/`. */
export function packageRoot(): string {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(directory, 'native'))) {
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error('the package has no native/ folder');
    directory = parent;
  }
  return directory;
}

/** Absolute path of a built native part: `starter`, `asker`, `loader.bin`. */
export function nativePart(name: string): string {
  return path.join(packageRoot(), 'build', 'native', name);
}

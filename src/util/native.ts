/** Where the package has what is neither JavaScript nor of a user: beside the built JavaScript, whether that is a checkout's or installed. */
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { existsSync, readFileSync } from 'node:fs';

/** The package's root: the directory that holds its package.json, whether the code runs from `src/` or from `dist/src/`. */
export function packageRoot(): string {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(directory, 'package.json'))) {
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error('the package has no package.json');
    directory = parent;
  }
  return directory;
}

/** Of package.json. */
export function packageVersion(): string {
  const text = readFileSync(path.join(packageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** An installed package has no sources. Nothing is built in it, and nothing written to it. */
export function isCheckout(): boolean {
  return existsSync(path.join(packageRoot(), 'src'));
}

/** Absolute path of a built native part: `starter`, `asker`, `loader.bin`. */
export function nativePart(name: string): string {
  return path.join(packageRoot(), 'build', 'native', name);
}

/**
 * The symbolic links on the way from a program's name to its file. Which file a name leads to is told by the file's identity,
 * but for one with several names (hard links): releases that share unchanged files have one program in two folders, each with
 * libraries of its own, and only the links' texts tell which of them `current` leads to.
 */
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

export interface PathLink {
  /** Absolute; folders before the last part are no links. */
  readonly path: string;
  readonly text: string;
}

/** Whether a file has more than one name. */
export function hasOtherNames(file: string): boolean {
  return statSync(file).nlink > 1;
}

/** The links by which an absolute path that leads to a file is resolved, each once, in their order. */
export function linksOf(file: string): PathLink[] {
  const links = new Map<string, string>();
  let at = '/';
  let rest = partsOf(file);
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const next = path.join(at, part);
    if (!lstatSync(next).isSymbolicLink()) {
      at = next;
      continue;
    }
    const text = readlinkSync(next);
    links.set(next, text);
    if (path.isAbsolute(text)) at = '/';
    rest = [...partsOf(text), ...rest];
  }
  return [...links].map(([link, text]) => ({ path: link, text }));
}

function partsOf(file: string): string[] {
  return file.split('/').filter((part) => part !== '' && part !== '.');
}

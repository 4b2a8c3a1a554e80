/**
 * Makes a new catalogue the store's: a generation is written beside the others, and becomes current by the replacement of
 * one link. A kill before that leaves the old state, a kill after it the new one; what is left over is in nobody's way.
 */
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { freshName } from '../ranges/place-programs.ts';
import { writeWhole } from '../image/assemble-file.ts';
import { readableBy } from '../program/audience.ts';
import type { Catalogue } from './catalogue.ts';
import {
  encodeCatalogue,
  launcherOfName,
  readCatalogue,
  readOtherVersion,
  referencedFiles,
} from './catalogue.ts';
import { countsWithoutProgram, makeCounts } from './counts.ts';
import { currentGeneration, isTemporary, makeWithin, names } from './folder.ts';
import { isForSameUsers } from './freshness.ts';
import { withJoinedLaunchers } from './joined-launchers.ts';

/** The caller holds the store's lock. Every file that the catalogue names is there. */
export function commit(store: string, bound: Catalogue): void {
  const before = readOtherVersion(store) ? undefined : readCatalogue(store);
  const catalogue = withJoinedLaunchers(store, bound);
  const name = freshName('generation');
  const folder = makeWithin(store, names.generations, name);
  makeWithin(store, names.generations, name, names.bin);
  for (const [program, invocation] of new Map(
    catalogue.programs.map((each) => [each.name, each.invocation]),
  )) {
    const [target, launcher] = [path.join(folder, names.bin, program), launcherOfName(catalogue, program)];
    if (launcher === '') symlinkSync(invocation, target);
    else linkSync(path.join(store, names.files, launcher), target);
  }
  // It says where all modules are.
  const permissions = readableBy(catalogue.settings.readers);
  writeWhole(path.join(folder, names.catalogue), Buffer.from(encodeCatalogue(catalogue)), permissions);
  makeCounts(store, catalogue);
  synchronise(folder, path.join(folder, names.bin), path.join(store, names.files));
  replaceLink(store, names.current, path.join(names.generations, name));
  if (!isThere(path.join(store, names.bin)))
    replaceLink(store, names.bin, path.join(names.current, names.bin));
  synchronise(store);
  // The last generation gives nothing to users who may not read a module any more.
  collectGarbage(store, [catalogue, ...(before && isForSameUsers(before) ? [before] : [])]);
}

function replaceLink(store: string, name: string, target: string): void {
  const temporary = path.join(store, `.${freshName(name)}`);
  symlinkSync(target, temporary);
  renameSync(temporary, path.join(store, name));
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function synchronise(...folders: readonly string[]): void {
  for (const folder of folders) {
    const file = openSync(folder, 'r');
    fsyncSync(file);
    closeSync(file);
  }
}

/** A file or folder of the store that no catalogue names. */
export interface Leftover {
  readonly path: string;
  /** Allocated kB. */
  readonly kb: number;
}

/** What interrupted commands left, older generations, and counts of programs that the first catalogue does not have. */
export function findLeftovers(store: string, keep: readonly Catalogue[]): Leftover[] {
  const needed = new Set(keep.flatMap((catalogue) => [...referencedFiles(catalogue)]));
  const current = currentGeneration(store);
  const files = listed(store, names.files).filter((name) => !needed.has(name));
  const generations = listed(store, names.generations).filter((name) => name !== current);
  const links = readdirSync(store).filter(isTemporary);
  const counts = countsWithoutProgram(store, keep[0]?.programs ?? []);
  return [
    ...files.map((name) => path.join(store, names.files, name)),
    ...generations.map((name) => path.join(store, names.generations, name)),
    ...links.map((name) => path.join(store, name)),
    ...counts.map((name) => path.join(store, names.counts, name)),
  ].map((file) => ({ path: file, kb: allocatedKb(file) }));
}

function listed(store: string, name: string): string[] {
  return isThere(path.join(store, name)) ? readdirSync(path.join(store, name)) : [];
}

/** 0 for what is gone: the workers of a killed command may still be ending. */
function allocatedKb(file: string): number {
  const status = lstatSync(file, { throwIfNoEntry: false });
  if (!status) return 0;
  if (!status.isDirectory()) return status.blocks / 2;
  return readdirSync(file).reduce((sum, name) => sum + allocatedKb(path.join(file, name)), status.blocks / 2);
}

/** Removes everything that none of the catalogues needs. Answers what was removed. The caller holds the lock. */
export function collectGarbage(store: string, keep: readonly Catalogue[]): Leftover[] {
  const leftovers = findLeftovers(store, keep);
  for (const { path: file } of leftovers) rmSync(file, { recursive: true, force: true });
  return leftovers;
}

/** Allocated kB of files below `files`, each once; 0 for one that is missing. */
export function storedKb(store: string, files: Iterable<string>): number {
  let sum = 0;
  for (const name of files) {
    const status = statSync(path.join(store, names.files, name), { throwIfNoEntry: false });
    sum += (status?.blocks ?? 0) / 2;
  }
  return sum;
}

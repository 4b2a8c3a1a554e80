/**
 * The launchers that `run` wrote: one folder for each program, system and variant, below $XDG_CACHE_HOME/linkonce.
 * Each bind gets a folder of its own in there, and the link `current` is moved to it when it is whole: two binds at
 * once do not disturb each other, and a kill leaves the old one in place.
 *
 * A launcher is used while the program's name leads to the path that was bound, and every module is the file that was. (The
 * launcher checks that again; here it decides whether to bind anew.)
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { BoundImage, OnProgress, SystemChoice } from '../pipeline.ts';
import { linkerVariables } from '../program/environment.ts';
import type { FileIdentity } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import { describeSystemError, isSystemError } from '../util/system-errors.ts';
import { isOwn, isPrivate } from './private-folder.ts';

/** What `run` needs to start a program, and to know whether it still may. */
interface Entry {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the program's name led, all symbolic links resolved. */
  readonly program: string;
  readonly modules: readonly { readonly path: string; readonly identity: string }[];
}

const entryName = 'entry.json';
const current = 'current';
/** A process that read `current` starts its launcher well within this time. */
const keepMs = 60 * 60 * 1000;

/** The launcher of an earlier run, where it is there and its modules are unchanged. */
export function cachedImage(file: string, choice: SystemChoice): Entry | undefined {
  if (!isPrivate(cacheFolder())) return undefined;
  const entry = readEntry(folderOf(file, choice));
  if (entry === undefined) return undefined;
  const isUnchanged = entry.modules.every((module) => identityOf(module.path) === module.identity);
  return isUnchanged && targetOf(file) === entry.program && identityOf(entry.file) !== undefined
    ? entry
    : undefined;
}

/** Binds a program into the cache. */
export async function storeImage(file: string, choice: SystemChoice, onProgress: OnProgress): Promise<Entry> {
  const { bindProgram } = await import('../pipeline.ts');
  const folder = folderOf(file, choice);
  const generation = path.join(folder, randomBytes(8).toString('hex'));
  makePrivate(generation);
  const output = path.join(generation, path.basename(file));
  const variables = linkerVariables(process.env);
  const image = await bindProgram(file, { ...choice, output, variables, asInterpreter: false }, onProgress);
  const entry = entryOf(image);
  writeFileSync(path.join(generation, entryName), JSON.stringify(entry));
  makeCurrent(folder, path.basename(generation));
  removeOld(folder, path.basename(generation));
  return entry;
}

function entryOf({ file, environment, modules }: BoundImage): Entry {
  return {
    file,
    environment,
    // The first in search order is the executable, by its resolved path.
    program: modules[0]?.path ?? '',
    // As they were when they were read: a file that changed since then is a reason to bind anew.
    modules: modules.map((module) => ({ path: module.path, identity: describe(module.identity) })),
  };
}

/**
 * Named by what decides the launcher: the program, the system, the loader that is put into it, and the linker's variables. Shells
 * with different ones do not take turns in binding.
 */
function folderOf(file: string, { system, variant }: SystemChoice): string {
  const key = [
    file,
    system.id,
    variant,
    identityOf(nativePart('loader.bin')),
    ...linkerVariables(process.env),
  ].join('\0');
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return path.join(cacheFolder(), `${path.basename(file)}-${digest}`);
}

/** Where the launchers of `run` are. */
export function cacheFolder(): string {
  const given = process.env.XDG_CACHE_HOME ?? '';
  // The XDG base directory specification has relative paths ignored.
  return path.join(path.isAbsolute(given) ? given : path.join(homedir(), '.cache'), 'linkonce');
}

/** Creates a folder in the cache; a cache that another user could write is refused. */
function makePrivate(folder: string): void {
  const cache = cacheFolder();
  try {
    // What stands there is judged before anything is put into it.
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    if (!isPrivate(cache))
      throw new LinkonceError(
        `${cache}: another user could write it, or a folder above it; they must be yours or root's, the cache with mode 0700`,
      );
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new NoCache(describeSystemError(error));
  }
}

/** There can be no cache: where its folder should be, nothing can be written. */
export class NoCache extends LinkonceError {}

function makeCurrent(folder: string, generation: string): void {
  const link = path.join(folder, `.${generation}`);
  symlinkSync(generation, link);
  renameSync(link, path.join(folder, current));
}

function removeOld(folder: string, generation: string): void {
  const others = readdirSync(folder).filter((name) => name !== current && name !== generation);
  for (const name of others) {
    const old = path.join(folder, name);
    const age = Date.now() - (statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > keepMs) rmSync(old, { recursive: true, force: true });
  }
}

/** Undefined where there is none, or where it names another launcher than the one beside it. */
function readEntry(folder: string): Entry | undefined {
  try {
    const generation = path.join(folder, path.basename(readlinkSync(path.join(folder, current))));
    const entry = JSON.parse(readFileSync(path.join(generation, entryName), 'utf8')) as Entry;
    return path.dirname(entry.file) === generation && isOwn(lstatSync(entry.file)) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Where a path leads; undefined where it leads nowhere. */
function targetOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

/** Device, inode, size and times of a file as one text; undefined where it cannot be looked at. */
function identityOf(file: string): string | undefined {
  try {
    const { dev: device, ino: inode, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return describe({ device, inode, size, mtimeNs, ctimeNs });
  } catch {
    return undefined;
  }
}

function describe({ device, inode, size, mtimeNs, ctimeNs }: FileIdentity): string {
  return [device, inode, size, mtimeNs, ctimeNs].join(':');
}

/**
 * The launchers that `run` wrote: one folder for each program, system, variant, loader and set of the linker's variables, below
 * $XDG_CACHE_HOME/linkonce. Each bind gets a folder of its own in there, and the link `current` is moved to it when it is whole: two
 * binds at once do not disturb each other, and a kill leaves the old one in place.
 *
 * A launcher is used while the program's name leads to the path that was bound, and every module is the file that was. (The launcher
 * checks that again; here it decides whether to bind anew.) Most starts do without all this: native/run.c finds the launcher by itself,
 * and reads no more than the names here, `NAME.key`, `NAME.count`, `NAME.said` and `without`.
 */
import { randomBytes } from 'node:crypto';
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
import path from 'node:path';
import { countPathBeside, writeNewCount } from '../image/hand-over-count.ts';
import { digestOf, variablesDigest } from '../image/variables-digest.ts';
import type { BoundImage, OnProgress, SystemChoice } from '../pipeline.ts';
import { linkerVariables } from '../program/environment.ts';
import type { FileIdentity } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import { describeSystemError, isSystemError } from '../util/system-errors.ts';
import { cacheFolder } from '../util/user-folder.ts';
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
const withoutName = 'without';
/** A process that read `current` starts its launcher well within this time. */
const keepMs = 60 * 60 * 1000;

/** The launcher of an earlier run, where it is there and its modules are unchanged. Throws LinkonceError where there can be no cache. */
export function cachedImage(file: string, choice: SystemChoice): Entry | undefined {
  if (!isPrivate(cacheFolder())) return undefined;
  const entry = readEntry(file, choice);
  if (entry === undefined) return undefined;
  const isUnchanged = entry.modules.every((module) => identityOf(module.path) === module.identity);
  return isUnchanged && targetOf(file) === entry.program && identityOf(entry.file) !== undefined
    ? entry
    : undefined;
}

/**
 * Binds a program into the cache. Throws LinkonceError where nothing can be kept, where the program cannot be bound, and where its
 * system leaves it to the platform's linker.
 */
export async function storeImage(file: string, choice: SystemChoice, onProgress: OnProgress): Promise<Entry> {
  const generation = path.join(folderOf(file, choice), randomBytes(8).toString('hex'));
  try {
    makePrivate(generation);
    const entry = await bindInto(generation, file, choice, onProgress);
    makeCurrent(generation);
    removeOld(generation);
    return entry;
  } catch (error) {
    removeQuietly(generation);
    // A disk that is full, or was made read-only.
    if (isSystemError(error)) throw new LinkonceError(describeSystemError(error));
    throw error;
  }
}

async function bindInto(
  generation: string,
  file: string,
  choice: SystemChoice,
  onProgress: OnProgress,
): Promise<Entry> {
  const { bindProgram } = await import('../pipeline.ts');
  const output = path.join(generation, path.basename(file));
  const variables = linkerVariables(process.env);
  const settings = { ...choice, output, variables, asInterpreter: false, isCounted: true };
  const image = await bindProgram(file, settings, onProgress);
  if (path.dirname(image.file) === generation) writeNewCount(countPathBeside(image.file));
  const entry = entryOf(image);
  writeFileSync(path.join(generation, entryName), JSON.stringify(entry));
  writeFileSync(keyFile(generation, file), keyOfGeneration(generation, file, choice));
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

/** Why this very program was last started without a launcher. */
export function readWithout(file: string, choice: SystemChoice): string | undefined {
  try {
    const text = readFileSync(path.join(folderOf(file, choice), withoutName), 'utf8');
    const [identity, ...reason] = text.split('\n');
    return identity === identityOf(file) ? reason.join('\n') : undefined;
  } catch {
    return undefined;
  }
}

/** Has the next starts do without a launcher, and without Node, for an hour. Where it cannot be kept they ask again. */
export function writeWithout(file: string, choice: SystemChoice, reason: string): void {
  try {
    const folder = folderOf(file, choice);
    const temporary = path.join(folder, `.${randomBytes(8).toString('hex')}`);
    makePrivate(folder);
    // What a kill or a full disk leaves goes with the next bind.
    writeFileSync(temporary, `${identityOf(file) ?? ''}\n${reason}`);
    renameSync(temporary, path.join(folder, withoutName));
  } catch (error) {
    if (!(error instanceof LinkonceError) && !isSystemError(error)) throw error;
  }
}

/** From now on there is a launcher. */
export function removeWithout(file: string, choice: SystemChoice): void {
  removeQuietly(path.join(folderOf(file, choice), withoutName));
}

/** What decides the launcher. native/run.c makes the same text of it, and the name of its folder. */
function keyOf(file: string, { system, variant }: SystemChoice): string {
  const variables = hexOf(variablesDigest(linkerVariables(process.env)));
  return [file, `${system.id}:${variant}`, identityOf(nativePart('loader.bin')) ?? '', variables].join('\n');
}

/** A cache that was moved is none: launchers have paths of it. */
function keyOfGeneration(generation: string, file: string, choice: SystemChoice): string {
  return `${keyOf(file, choice)}\n${generation}`;
}

function keyFile(generation: string, file: string): string {
  return path.join(generation, `${path.basename(file)}.key`);
}

function folderOf(file: string, choice: SystemChoice): string {
  return path.join(cacheFolder(), `${path.basename(file)}-${hexOf(digestOf(keyOf(file, choice)))}`);
}

const hexOf = (value: bigint): string => value.toString(16).padStart(16, '0');

/** Creates a folder in the cache; a cache that another user could write is refused. */
function makePrivate(folder: string): void {
  const cache = cacheFolder();
  // What stands there is judged before anything is put into it.
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  if (!isPrivate(cache))
    throw new LinkonceError(
      `${cache}: another user could write it, or a folder above it; they must be yours or root's, the cache with mode 0700`,
    );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

function makeCurrent(generation: string): void {
  const [folder, name] = [path.dirname(generation), path.basename(generation)];
  const link = path.join(folder, `.${name}`);
  symlinkSync(name, link);
  renameSync(link, path.join(folder, current));
}

function removeOld(generation: string): void {
  const folder = path.dirname(generation);
  const kept = [current, withoutName, path.basename(generation)];
  for (const name of readdirSync(folder).filter((each) => !kept.includes(each))) {
    const old = path.join(folder, name);
    const age = Date.now() - (statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > keepMs) rmSync(old, { recursive: true, force: true });
  }
}

/** What is left where that fails is old one day. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { recursive: true, force: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** Undefined where there is none, or where it names another launcher than the one beside it. */
function readEntry(file: string, choice: SystemChoice): Entry | undefined {
  const folder = folderOf(file, choice);
  try {
    const generation = path.join(folder, path.basename(readlinkSync(path.join(folder, current))));
    const key = readFileSync(keyFile(generation, file), 'utf8');
    const entry = JSON.parse(readFileSync(path.join(generation, entryName), 'utf8')) as Entry;
    const isItsOwn = path.dirname(entry.file) === generation && isOwn(lstatSync(entry.file));
    return isItsOwn && key === keyOfGeneration(generation, file, choice) ? entry : undefined;
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

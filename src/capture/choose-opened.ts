/** From what a person says to the modules that a program opens: by runs of it that are watched, and by their names. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { isLibrary } from '../elf/is-library.ts';
import { readElf } from '../elf/read-elf.ts';
import { fileKind } from '../program/file-kind.ts';
import type { Program } from '../program/program.ts';
import { LinkonceError, Refusal } from '../util/errors.ts';
import { attempt } from '../util/outcome.ts';
import { statusOf } from '../util/status.ts';
import { listOpened } from './capture-opened.ts';
import { distinctOpened } from './distinct-opened.ts';
import { learnOpened } from './learn-opened.ts';

/** How to find out which modules a program opens: by runs of it, and by names. */
export interface OpenedChoice {
  /** Arguments of each run. */
  readonly runs: readonly (readonly string[])[];
  /** A run is ended after so many. */
  readonly seconds: number;
  /** A script that starts the program: it is run in its place; absent: the program itself. */
  readonly script?: string | undefined;
  /** Modules, by paths or by names as for dlopen(3), and folders of them. */
  readonly named: readonly string[];
}

export interface ChosenOpened {
  /** Absolute paths, with all that these modules need; no file twice, and none that the program starts with. */
  readonly modules: readonly string[];
  /** How often the program executed itself again in one of the runs, at most; absent: never. */
  readonly again?: number;
  /** What a person should know of how they were found; one line each. */
  readonly remarks: readonly string[];
}

/** How a choice is made, beside the program. */
export interface ChoosingMeans {
  readonly onProgress: (step: string) => void;
  /** Has a run of the program for its work, whose signal is aborted when a person wants no more of it. */
  readonly guard: <T>(work: (stop: AbortSignal) => Promise<T>) => Promise<T>;
}

/** What a person named: itself, or what is in the folder. */
interface Root {
  readonly file: string;
  readonly isMember: boolean;
}

/**
 * Throws Refusal for musl, LinkonceError where a run is none (`learnOpened`), and for a module that was named and cannot be opened.
 * One of a folder that cannot be opened is a remark.
 */
export async function chooseOpened(
  program: Program,
  { runs, seconds, script, named }: OpenedChoice,
  { onProgress, guard }: ChoosingMeans,
): Promise<ChosenOpened> {
  if (program.libc === 'musl')
    throw new Refusal(`${program.invocation}: musl: modules that it opens cannot be prepared`);
  const roots = named.flatMap(rootsOf);
  const modules: string[] = [];
  const remarks: string[] = [];
  let again = 0;
  for (const args of runs) {
    onProgress(`running it, for ${String(seconds)} s at most`);
    const learnt = await guard((stop) => learnOpened(program, { args, seconds, stop, script }));
    const { fault } = learnt;
    modules.push(...learnt.modules);
    again = Math.max(again, learnt.again);
    if (fault !== undefined)
      remarks.push(`its run${args.length > 0 ? ` with ${args.join(' ')}` : ''} ${fault}`);
  }
  const found = openNamed(program, roots);
  return {
    modules: distinctOpened(program, [...modules, ...found.modules]),
    remarks: [...remarks, ...found.remarks],
    ...(again > 0 && { again }),
  };
}

/** The same, but a refusal is a remark: the program itself can be bound. */
export async function chooseWhereAble(
  program: Program,
  choice: OpenedChoice,
  means: ChoosingMeans,
): Promise<ChosenOpened> {
  try {
    return await chooseOpened(program, choice, means);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { modules: [], remarks: [error.message] };
  }
}

function openNamed(program: Program, roots: readonly Root[]): ChosenOpened {
  if (roots.length === 0) return { modules: [], remarks: [] };
  const { modules, failed } = listOpened(
    program,
    roots.map(({ file }) => file),
  );
  const said = failed.map(({ path: file, reason }) => ({
    file,
    words: reason.includes(file) ? reason : `${file}: ${reason}`,
  }));
  const members = new Set(roots.filter(({ isMember }) => isMember).map(({ file }) => file));
  const missing = said.find(({ file }) => !members.has(file));
  if (missing) throw new LinkonceError(missing.words);
  return { modules, remarks: said.map(({ words }) => words) };
}

function rootsOf(name: string): Root[] {
  if (statusOf(name)?.isDirectory() === true) return membersOf(path.resolve(name));
  // The linker looks for it.
  if (name !== '' && !name.includes('/')) return [{ file: name, isMember: false }];
  return [{ file: requireModule(name), isMember: false }];
}

function requireModule(name: string): string {
  const file = path.resolve(name);
  if (name === '' || statusOf(file) === undefined) throw new LinkonceError(`${name}: no such module`);
  const kind = fileKind(file);
  if (kind.kind === 'foreign' || kind.kind === 'other' || kind.kind === 'unreadable')
    throw new LinkonceError(`${file} ${kind.what}`);
  if (kind.kind === 'script' || !isLibrary(readElf(file)))
    throw new LinkonceError(`${file} is no shared object`);
  return file;
}

function membersOf(folder: string): Root[] {
  const members = readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name))
    .filter((file) => statusOf(file)?.isFile() === true && isSharedObject(file));
  if (members.length === 0) throw new LinkonceError(`${folder}: has no shared object in it`);
  return members.map((file) => ({ file, isMember: true }));
}

/** One that is damaged is left to the linker, which says so. */
function isSharedObject(file: string): boolean {
  if (fileKind(file).kind !== 'native') return false;
  const elf = attempt(() => readElf(file));
  return 'failure' in elf || isLibrary(elf.value);
}

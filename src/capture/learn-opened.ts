/**
 * Which modules a program opens: it is run, and watched by an auditor of ld.so (native/watcher.c), which notes each module that is mapped
 * after the start. `LD_DEBUG=files` would tell the same, but writes through a descriptor that is the program's, too: where that closes
 * descriptors that it does not know, and opens a file of its own, the words of the linker stand in that file.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Variables } from '../program/environment.ts';
import { asEnvironment, isLinkerVariable, linkerVariables, nameOf } from '../program/environment.ts';
import type { Program } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import { listOpened } from './capture-opened.ts';
import { distinctOpened } from './distinct-opened.ts';
import type { LimitedRun } from './limited-run.ts';
import { runLimited } from './limited-run.ts';

export interface LearningRun extends Pick<LimitedRun, 'args' | 'seconds' | 'stop'> {
  /** A script that starts the program, with all that it sets: it is run in its place; absent: the program itself. */
  readonly script?: string | undefined;
}

export interface Learned {
  /** Absolute paths of what it opened that it did not start with, and of what these need, in the order of loading; each file once. */
  readonly modules: readonly string[];
  /** How often a process of it executed its file again, as the exe link names it. */
  readonly again: number;
  /** How the run failed: it may have ended before it opened all that it does at other times. */
  readonly fault: string | undefined;
}

/**
 * Runs the program in this process's environment and working directory. Throws LinkonceError as `runLimited`, and where it
 * could not be watched, since its linker knows no auditors (musl's).
 */
export async function learnOpened(program: Program, run: LearningRun): Promise<Learned> {
  const folder = makeTemporaryFolder('learn');
  try {
    const notes = path.join(folder, 'notes');
    writeFileSync(notes, '', { mode: 0o600 });
    const file = run.script ?? program.invocation;
    const watching = { watched: program.path, notes };
    const environment = watchedEnvironment(
      run.script === undefined ? program.variables : undefined,
      watching,
    );
    const fault = await runLimited({ ...run, file, environment });
    const { modules, starts } = readNotes(program, readFileSync(notes, 'utf8'), fault);
    return { modules, again: starts - 1, fault };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Auditing takes of the room that ld.so has for thread-local variables of the initial-exec model, bytes; some modules need nearly
 * all of it (libjemalloc). From glibc 2.33 on; older ones heed no such name.
 */
const roomForAuditor = 'glibc.rtld.optional_static_tls=32768';

/** For native/watcher.c. */
export interface Watching {
  readonly watched: string;
  /** The file. */
  readonly notes: string;
}

/** Of this process, with these variables of the linker; undefined: with its own. */
export function watchedEnvironment(
  variables: Variables | undefined,
  { watched, notes }: Watching,
): NodeJS.ProcessEnv {
  const linker = asEnvironment(variables ?? linkerVariables(process.env));
  const others = Object.entries(process.env).filter(([name]) => !isLinkerVariable(name));
  return {
    ...Object.fromEntries(others),
    ...linker,
    GLIBC_TUNABLES: [linker.GLIBC_TUNABLES, roomForAuditor].filter(Boolean).join(':'),
    LD_AUDIT: nativePart('watcher.so'),
    LINKONCE_WATCHED: watched,
    LINKONCE_NOTES: notes,
  };
}

/** Of a watched process's variables those that it would have unwatched. */
export function unwatched(variables: Variables): Variables {
  return variables.flatMap((text) => {
    if (text === `LD_AUDIT=${nativePart('watcher.so')}`) return [];
    if (nameOf(text) !== 'GLIBC_TUNABLES') return [text];
    const own = text
      .slice('GLIBC_TUNABLES='.length)
      .split(':')
      .filter((each) => each !== roomForAuditor);
    return own.length === 0 ? [] : [`GLIBC_TUNABLES=${own.join(':')}`];
  });
}

function readNotes(
  program: Program,
  text: string,
  fault: string | undefined,
): { readonly modules: readonly string[]; readonly starts: number } {
  const notes = text.split('\0').slice(0, -1);
  const named = (kind: string): string[] =>
    notes.filter((note) => note.startsWith(kind)).map((note) => note.slice(1));
  const starts = named('S').length;
  if (starts === 0)
    throw new LinkonceError(
      `${program.invocation}: could not be watched${fault === undefined ? '' : `: it ${fault}`}`,
    );
  const opened = distinctOpened(program, named('+'));
  const closed = new Set(named('-'));
  const doubtful = opened.filter((file) => closed.has(file));
  const failing = new Set(doubtful.length === 0 ? [] : notOpenable(program, doubtful));
  return { modules: opened.filter((file) => !failing.has(file)), starts };
}

/**
 * What was unmapped again may never have been loaded: ld.so tells which of them it can open. (What only such a module needs counts as
 * opened: to prepare it costs nothing but room.)
 */
function notOpenable(program: Program, files: readonly string[]): string[] {
  return listOpened(program, files).failed.map(({ path: file }) => file);
}

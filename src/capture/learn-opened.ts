/**
 * Which modules a program opens: it is run, and watched by an auditor of ld.so (native/watcher.c), which notes each module that is mapped
 * after the start. `LD_DEBUG=files` would tell the same, but writes through a descriptor that is the program's, too: where that closes
 * descriptors that it does not know, and opens a file of its own, the words of the linker stand in that file.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { asEnvironment, isLinkerVariable } from '../program/environment.ts';
import type { Program } from '../program/program.ts';
import { LinkonceError } from '../util/errors.ts';
import { nativePart } from '../util/native.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import { listOpened } from './capture-opened.ts';
import { distinctOpened } from './distinct-opened.ts';
import type { LimitedRun } from './limited-run.ts';
import { runLimited } from './limited-run.ts';

export type LearningRun = Pick<LimitedRun, 'args' | 'seconds' | 'stop'>;

export interface Learned {
  /** Absolute paths of what it opened that it did not start with, and of what these need, in the order of loading; each file once. */
  readonly modules: readonly string[];
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
    const environment = environmentFor(program, notes);
    const fault = await runLimited({ ...run, file: program.invocation, environment });
    return { modules: readNotes(program, readFileSync(notes, 'utf8'), fault), fault };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Auditing takes of the room that ld.so has for thread-local variables of the initial-exec model, bytes; some modules need nearly
 * all of it (libjemalloc). From glibc 2.33 on; older ones heed no such name.
 */
const roomForAuditor = 'glibc.rtld.optional_static_tls=32768';

/** Of this process, with the variables of the linker that the program is for. */
function environmentFor({ path: file, variables }: Program, notes: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !isLinkerVariable(name));
  const linker = asEnvironment(variables);
  return {
    ...Object.fromEntries(own),
    ...linker,
    GLIBC_TUNABLES: [linker.GLIBC_TUNABLES, roomForAuditor].filter(Boolean).join(':'),
    LD_AUDIT: nativePart('watcher.so'),
    LINKONCE_WATCHED: file,
    LINKONCE_NOTES: notes,
  };
}

function readNotes(program: Program, text: string, fault: string | undefined): string[] {
  const notes = text.split('\0').slice(0, -1);
  const named = (kind: string): string[] =>
    notes.filter((note) => note.startsWith(kind)).map((note) => note.slice(1));
  if (named('S').length === 0)
    throw new LinkonceError(
      `${program.invocation}: could not be watched${fault === undefined ? '' : `: it ${fault}`}`,
    );
  const opened = distinctOpened(program, named('+'));
  const closed = new Set(named('-'));
  const doubtful = opened.filter((file) => closed.has(file));
  const failing = new Set(doubtful.length === 0 ? [] : notOpenable(program, doubtful));
  return opened.filter((file) => !failing.has(file));
}

/**
 * What was unmapped again may never have been loaded: ld.so tells which of them it can open. (What only such a module needs counts as
 * opened: to prepare it costs nothing but room.)
 */
function notOpenable(program: Program, files: readonly string[]): string[] {
  return listOpened(program, files).failed.map(({ path: file }) => file);
}

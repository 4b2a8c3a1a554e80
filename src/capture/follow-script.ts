/** Which program a script starts in the end: it is run, and every program that comes of it notes itself (native/watcher.c). */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Variables } from '../program/environment.ts';
import { LinkonceError } from '../util/errors.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import { invocationOf, readStarts, startedInTheEnd } from './followed-starts.ts';
import type { LearningRun } from './learn-opened.ts';
import { unwatched, watchedEnvironment } from './learn-opened.ts';
import { runLimited } from './limited-run.ts';

export interface FollowedProgram {
  readonly invocation: string;
  /** Of the linker, as the script leaves them. */
  readonly variables: Variables;
}

/** Every program is followed. */
const everything = '/';

/** Throws LinkonceError as `runLimited`, and where no program but shells was seen. */
export async function followScript(script: string, run: LearningRun): Promise<FollowedProgram> {
  const folder = makeTemporaryFolder('follow');
  const notes = path.join(folder, 'notes');
  const times = new ProcessorTimes(notes);
  try {
    writeFileSync(notes, '', { mode: 0o600 });
    const environment = watchedEnvironment(undefined, { watched: everything, notes });
    times.begin();
    const fault = await runLimited({ ...run, file: script, environment });
    const starts = readStarts(readFileSync(notes, 'utf8'), (process) => times.of(process));
    const found = startedInTheEnd(starts);
    if (found) return { invocation: invocationOf(found), variables: unwatched(found.variables) };
    const words = [script, ...run.args].join(' ');
    throw new LinkonceError(
      `${words}: starts no program but shells${fault === undefined ? '' : `: it ${fault}`}`,
    );
  } finally {
    times.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const pollMs = 50;
/** Of one that ended before anybody looked. */
const unseen = 0;
/** USER_HZ of every Linux on x86-64. */
const microsecondsPerTick = 10_000;

/** How much time processes were seen to take that may be ended before they say it. */
class ProcessorTimes {
  readonly #notes: string;
  readonly #times = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(notes: string) {
    this.#notes = notes;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      this.#look();
    }, pollMs);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  of(process: number): number {
    return this.#times.get(process) ?? unseen;
  }

  #look(): void {
    for (const { process } of readStarts(readFileSync(this.#notes, 'utf8'), () => 0)) {
      const time = timeOf(process);
      if (time !== undefined) this.#times.set(process, time);
    }
  }
}

/** proc_pid_stat(5): utime and stime, behind the name, which may hold anything. Undefined for one that is gone. */
function timeOf(process: number): number | undefined {
  try {
    const line = readFileSync(`/proc/${String(process)}/stat`, 'latin1');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
  } catch {
    return undefined;
  }
}

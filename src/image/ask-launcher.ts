/**
 * Whether a launcher would be used: by this user, on this machine, with this environment and these limits. A copy of it whose
 * trailer says `onlyAsked` is started. It is the very code of a real start, with the same plan, and goes all the way: it checks,
 * maps, writes, seals, and tells the kernel; in place of the jump into the program it says how it went.
 *
 * That a launcher is only asked stands in its own bytes, and in no file: there is no variable, argument or descriptor by which
 * somebody could have a real launcher start nothing.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { readElf } from '../elf/read-elf.ts';
import { LinkonceError } from '../util/errors.ts';
import { withExecutable } from './executable-memory.ts';
import { askingLauncher, findTrailer } from './launcher-file.ts';
import { launcherAnswers } from './plan-layout.ts';
import type { Remedy } from './reasons.ts';
import { bindItAgain, findReason } from './reasons.ts';
import { at } from '../util/present.ts';

/** Why a launcher would not be used. */
export interface Obstacle {
  /** `hands-over`: the program runs, by the platform's linker. `fails`: it does not run. `unknown`: the launcher cannot be asked. */
  readonly outcome: 'hands-over' | 'fails' | 'unknown';
  readonly reason: string;
  /** What it is about: a file, a variable, a range; empty where the reason says it all. */
  readonly detail: string;
  readonly remedy: Remedy;
  readonly help: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A launcher answers within milliseconds; one that asks a dead server never does. */
const limitMs = 10_000;

/**
 * What keeps `file`, a launcher or an interpreter's copy of a program, from being used; undefined where nothing does, and for
 * what has no loader of ours. `environment` is that of the start.
 */
export function askLauncher(file: string, environment: Environment = process.env): Obstacle | undefined {
  try {
    const launcher = launcherOf(file);
    return launcher && (cannotBeExecuted(file) ?? ask(launcher, environment));
  } catch (error) {
    // What the system refuses; all else is a bug.
    if (!(error instanceof LinkonceError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return obstacle('unknown', (error as Error).message, '', 'let it be read and started');
  }
}

/** The bytes of the launcher itself, or of a copy's interpreter. */
function launcherOf(file: string): Buffer | undefined {
  const { bytes, interpreter } = readElf(file);
  const launcher = interpreter === undefined ? bytes : readFileSync(interpreter);
  return findTrailer(launcher) ? launcher : undefined;
}

/** access(2) knows of mount options, too. */
function cannotBeExecuted(file: string): Obstacle | undefined {
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    const help = 'put it on a file system that is not mounted with noexec, and let its users execute it';
    return obstacle('fails', 'it cannot be executed where it stands', file, help);
  }
}

function ask(launcher: Buffer, environment: Environment): Obstacle | undefined {
  const { status, signal, error, stdout, stderr } = withExecutable(askingLauncher(launcher), (executable) =>
    spawnSync(executable, [], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout: limitMs,
      killSignal: 'SIGKILL',
    }),
  );
  const said = at(stderr.split('\n', 1), 0).replace(/^linkonce: /, '');
  if (error)
    return obstacle('unknown', `it gives no answer (${error.message})`, '', 'let new files be executed');
  if (status === launcherAnswers.runs) return undefined;
  if (status === launcherAnswers.handsOver) return handsOver(stdout, said);
  const how = said === '' ? `its start ends with ${signal ?? `status ${String(status)}`}` : said;
  return obstacle('fails', how, '', bindItAgain);
}

function handsOver(reason: string, said: string): Obstacle {
  const known = findReason(reason);
  return {
    outcome: 'hands-over',
    reason,
    detail: said,
    remedy: known?.remedy ?? 'person',
    help: known?.help ?? bindItAgain,
  };
}

function obstacle(outcome: Obstacle['outcome'], reason: string, detail: string, help: string): Obstacle {
  return { outcome, reason, detail, remedy: 'person', help };
}

const outcomes: Readonly<Record<Obstacle['outcome'], string>> = {
  'hands-over': 'for this user it runs through ld.so here',
  fails: 'for this user it does not start here',
  unknown: 'whether it is used here is not known',
};

/** One line: what happens, why, and what helps. */
export function describeObstacle({ outcome, reason, detail, help }: Obstacle): string {
  return `${outcomes[outcome]}: ${reason}${detail === '' ? '' : ` (${detail})`}; to do: ${help}`;
}

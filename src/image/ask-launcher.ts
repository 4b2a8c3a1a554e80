/**
 * Whether a launcher would be used: by this user, on this machine, with this environment and these limits. A copy of it whose
 * trailer says `onlyAsked` is started. It is the very code of a real start, with the same plan, and goes all the way: it checks,
 * maps, writes, seals, and tells the kernel; in place of the jump into the program it says how it went.
 *
 * That a launcher is only asked stands in its own bytes, and in no file: there is no variable, argument or descriptor by which
 * somebody could have a real launcher start nothing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { readElf } from '../elf/read-elf.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Executable } from './executable-memory.ts';
import { openExecutable } from './executable-memory.ts';
import { askingLauncher, findTrailer } from './launcher-file.ts';
import type { Environment, Obstacle } from './obstacle.ts';
import { failing, obstacleOf, unanswered } from './obstacle.ts';
import { bindItAgain } from './reasons.ts';

/** A launcher, and what it would be started with. */
export interface Question {
  /** A launcher, or an interpreter's copy of a program. */
  readonly file: string;
  readonly environment: Environment;
  /** That there is no loader of ours in it is an obstacle, too. */
  readonly mustBeLauncher?: boolean;
}

/** A launcher answers within milliseconds; one that asks a dead server never does. */
const stdio = ['ignore', 'pipe', 'pipe'] as const;
const limits = { timeout: 10_000, killSignal: 'SIGKILL' } as const;

/**
 * What keeps a launcher from being used; undefined where nothing does, and for what has no loader of ours.
 */
export function askLauncher(file: string, environment: Environment = process.env): Obstacle | undefined {
  const found = prepare({ file, environment });
  if (found === undefined || 'outcome' in found) return found;
  try {
    const options = { ...limits, env: environment, encoding: 'utf8' } as const;
    return obstacleOf(spawnSync(found.file, [], { ...options, stdio: [...stdio] }));
  } finally {
    found.close();
  }
}

/** The same of many, several at a time: most of the two milliseconds that each takes are those of its process. Answers in their order. */
export async function askLaunchers(questions: readonly Question[]): Promise<(Obstacle | undefined)[]> {
  const answers: (Obstacle | undefined)[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < questions.length; index = next++) {
      const question = questions[index];
      if (question) answers[index] = await askLater(question);
    }
  };
  // While one starts, another one ends.
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
  return Array.from(questions, (_, index) => answers[index]);
}

async function askLater(question: Question): Promise<Obstacle | undefined> {
  const found = prepare(question);
  if (found === undefined || 'outcome' in found) return found;
  try {
    return await start(found.file, question.environment);
  } finally {
    found.close();
  }
}

async function start(file: string, environment: Environment): Promise<Obstacle | undefined> {
  const child = spawn(file, [], { ...limits, env: environment, stdio: [...stdio] });
  const ended = new Promise<Parameters<typeof obstacleOf>[0]>((resolve) => {
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    child.on('error', (error) => {
      resolve({ status: null, signal: null, error, stdout: '', stderr: '' });
    });
    child.on('close', (status, signal) => {
      const error = child.killed ? new Error('none in time') : undefined;
      void said.then(([stdout, stderr]) => {
        resolve({ status, signal, error, stdout, stderr });
      });
    });
  });
  return obstacleOf(await ended);
}

/** What is executed to ask; or what shows without that, and undefined where nobody is to be asked. */
function prepare({ file, mustBeLauncher = false }: Question): Executable | Obstacle | undefined {
  try {
    const launcher = launcherOf(file);
    if (!launcher && mustBeLauncher) return failing('it is no launcher', file, bindItAgain, 'bind-again');
    return launcher && (cannotBeExecuted(file) ?? openExecutable(askingLauncher(launcher)));
  } catch (error) {
    // What the system refuses; all else is a bug.
    if (!(error instanceof LinkonceError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return unanswered((error as Error).message, 'let it be read and started');
  }
}

/** The bytes of the launcher itself, or of a copy's interpreter; undefined for any other program. */
export function launcherOf(file: string): Buffer | undefined {
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
    return failing('it cannot be executed where it stands', file, help, 'person');
  }
}

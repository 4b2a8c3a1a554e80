/**
 * Whether a launcher would be used: by this user, on this machine, with this environment and these limits. A copy of it whose
 * trailer says `onlyAsked` is started. It is the very code of a real start, with the same plan, and goes all the way: it checks,
 * maps, writes, seals, and tells the kernel; in place of the jump into the program it says how it went.
 *
 * That a launcher is only asked stands in its own bytes, and in no file: there is no variable, argument or descriptor by which
 * somebody could have a real launcher start nothing.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { readElf } from '../elf/read-elf.ts';
import { LinkonceError } from '../util/errors.ts';
import { at } from '../util/present.ts';
import type { Start } from './asker.ts';
import { startAll, startOne } from './asker.ts';
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

/**
 * What keeps a launcher from being used; undefined where nothing does, and for what has no loader of ours.
 */
export function askLauncher(file: string, environment: Environment = process.env): Obstacle | undefined {
  const found = prepare({ file, environment });
  if (found === undefined || 'outcome' in found) return found;
  try {
    return obstacleOf(startOne({ executable: found, environment }));
  } finally {
    found.close();
  }
}

/** So many at a time have a file open. */
const atATime = 64;

/** The same of many. Answers in their order. */
export async function askLaunchers(questions: readonly Question[]): Promise<(Obstacle | undefined)[]> {
  const answers: (Obstacle | undefined)[] = [];
  for (let done = 0; done < questions.length; done += atATime)
    answers.push(...(await askSome(questions.slice(done, done + atATime))));
  return answers;
}

async function askSome(questions: readonly Question[]): Promise<(Obstacle | undefined)[]> {
  const starts: Start[] = [];
  try {
    const prepared = questions.map((question) => {
      const found = prepare(question);
      if (found === undefined || 'outcome' in found) return { obstacle: found };
      return { start: starts.push({ executable: found, environment: question.environment }) - 1 };
    });
    const ends = starts.length === 0 ? [] : await startAll(starts);
    return prepared.map(({ obstacle, start }) =>
      start === undefined ? obstacle : obstacleOf(at(ends, start, 'end of a launcher')),
    );
  } finally {
    for (const { executable } of starts) executable.close();
  }
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

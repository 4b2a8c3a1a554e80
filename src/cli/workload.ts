/** Programs as a person writes them: command lines, each with an optional count of processes: `4x git status`. */
import { readFileSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { splitCommand } from './split-command.ts';

export interface ProgramLine {
  readonly name: string;
  readonly args: readonly string[];
  /** Alive at once when memory is looked at; absent where the line does not say. */
  readonly processes?: number;
}

/** One line; undefined where there is none but a comment. Throws SyntaxError that says what is wrong with it. */
export function parseProgramLine(line: string): ProgramLine | undefined {
  const [, count, rest = ''] = /^\s*(?:(\d+)x(?=\s|$))?([^]*)$/.exec(line) ?? [];
  const [name, ...args] = splitCommand(rest);
  if (count === undefined) return name === undefined ? undefined : { name, args };
  const processes = Number(count);
  if (name === undefined) throw new SyntaxError(`no program after the count ${count}x`);
  if (processes < 1 || !Number.isSafeInteger(processes))
    throw new SyntaxError(`the count ${count}x must be a whole number from 1 on`);
  return { name, args, processes };
}

/** A file with one program a line. Throws LinkonceError naming the file, and the line that is wrong. */
export function readWorkload(file: string): readonly ProgramLine[] {
  const programs = readLines(file).flatMap((line, index) => {
    try {
      return parseProgramLine(line) ?? [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new LinkonceError(`${file}:${index + 1}: ${error.message}`);
    }
  });
  if (programs.length === 0) throw new LinkonceError(`${file}: has no program in it`);
  return programs;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (error) {
    throw new LinkonceError(
      `${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}

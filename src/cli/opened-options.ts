/** Options that say which modules a program opens with dlopen(3). */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { OpenedChoice } from '../pipeline.ts';
import { collected, positiveInteger } from './options.ts';
import { splitCommand } from './split-command.ts';

export interface OpenedOptions {
  readonly learn?: readonly (readonly string[])[];
  readonly learnSeconds: number;
  readonly with?: readonly string[];
}

export const learnSecondsOption = [
  '--learn-seconds <n>',
  'how long the program may run for that',
  positiveInteger,
  10,
] as const;

export const withOption = [
  '--with <module>',
  'a module that it opens, by its path or a name that ld.so finds, or a folder of them; may be repeated',
  (text: string, previous: readonly string[] = []): readonly string[] => collected(text, previous),
] as const;

export function addOpenedOptions(command: Command): Command {
  return command
    .option(
      '--learn <args>',
      "run it once with these arguments, and prepare the modules that it opens ('' for none); may be repeated",
      argumentsOf,
    )
    .option(...learnSecondsOption)
    .option(...withOption);
}

/** The words of one value, behind those of the values before. */
function argumentsOf(
  text: string,
  previous: readonly (readonly string[])[] = [],
): readonly (readonly string[])[] {
  try {
    return [...previous, splitCommand(text)];
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new InvalidArgumentError(`It cannot be split into words: ${error.message}.`);
    throw error;
  }
}

/** Undefined where nothing is said. */
export function openedChoice({
  learn = [],
  learnSeconds,
  with: named = [],
}: OpenedOptions): OpenedChoice | undefined {
  return learn.length + named.length === 0 ? undefined : { runs: learn, seconds: learnSeconds, named };
}

/** What the completions of all shells are made of: the commands, and the names of the systems. */
import type { System } from '../../systems/system.ts';
import type { CommandFacts } from '../command-facts.ts';

export interface Vocabulary {
  readonly root: CommandFacts;
  /** As `--system` takes them: each id, alone and with each of its variants. */
  readonly systems: readonly string[];
}

export function systemNames(systems: readonly System[]): string[] {
  return systems.flatMap(({ id, variants }) => [id, ...variants.map((variant) => `${id}:${variant.id}`)]);
}

/** A word of a POSIX shell that stands for the text, whatever is in it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The systems that a command line names. */
import type { Command } from 'commander';
import type { SystemChoice } from '../pipeline.ts';
import { LinkonceError } from '../util/errors.ts';

/** One system; its first variant where none is named. Anything unknown is wrong usage. */
export async function chooseSystem(text: string, command: Command): Promise<SystemChoice> {
  const choose = await import('../systems/choose.ts');
  try {
    return choose.chooseSystem(text);
  } catch (error) {
    if (error instanceof LinkonceError) return command.error(error.message);
    throw error;
  }
}

/**
 * Several, by commas; a system without a variant stands for all its variants, or for the first. Without a text: every
 * system.
 */
export async function chooseSystems(
  text: string | undefined,
  command: Command,
  variants: 'all' | 'first' = 'all',
): Promise<readonly SystemChoice[]> {
  const { systems } = await import('../systems/registry.ts');
  const named = text?.split(',') ?? systems.map((each) => each.id);
  const choices = await Promise.all(named.map((name) => withVariants(name, command, variants)));
  return choices.flat();
}

async function withVariants(
  name: string,
  command: Command,
  variants: 'all' | 'first',
): Promise<readonly SystemChoice[]> {
  const choice = await chooseSystem(name, command);
  if (name.includes(':') || variants === 'first') return [choice];
  return choice.system.variants.map((variant) => ({ system: choice.system, variant: variant.id }));
}

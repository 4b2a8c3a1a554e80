/** How a person names systems on the command line: `image`, or with a variant `got-plt:now`. */
import type { Command } from 'commander';
import type { SystemChoice } from '../pipeline.ts';

/** One system; its first variant where none is named. Anything unknown is wrong usage. */
export async function chooseSystem(text: string, command: Command): Promise<SystemChoice> {
  const { systems, findSystem } = await import('../systems/registry.ts');
  const [id = '', variantId] = text.split(':');
  const system = findSystem(id);
  if (system === undefined)
    return command.error(
      `there is no system '${id}'; there are: ${systems.map((each) => each.id).join(', ')}`,
    );
  const variant = variantId ?? system.variants[0]?.id ?? '';
  if (!system.variants.some((each) => each.id === variant))
    return command.error(
      `${id} has no variant '${variant}'; it has: ${system.variants.map((each) => each.id).join(', ')}`,
    );
  return { system, variant };
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

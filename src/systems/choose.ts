/** How a person names a system: `image`, or with a variant `got-plt:now`. */
import { LinkonceError } from '../util/errors.ts';
import { findSystem, systems } from './registry.ts';
import type { System } from './system.ts';
import { at } from '../util/present.ts';

/**
 * The system of that name and its variant; its first variant where none is named. Throws LinkonceError, saying what there is, where
 * there is no such system or variant.
 */
export function chooseSystem(name: string): { readonly system: System; readonly variant: string } {
  const [id = '', variantId] = name.split(':');
  const system = findSystem(id);
  if (system === undefined)
    throw new LinkonceError(`there is no system '${id}'; there are: ${listing(systems)}`);
  const variant = variantId ?? at(system.variants, 0, 'variant').id;
  if (!system.variants.some((each) => each.id === variant))
    throw new LinkonceError(`${id} has no variant '${variant}'; it has: ${listing(system.variants)}`);
  return { system, variant };
}

function listing(named: readonly { readonly id: string }[]): string {
  return named.map(({ id }) => id).join(', ');
}

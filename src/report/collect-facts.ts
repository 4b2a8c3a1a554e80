/** Asks every system what each of its variants means for those who use it. */
import type { Drawn } from '../models/aslr.ts';
import { systems } from '../systems/registry.ts';
import { toolsWithLess } from '../systems/seen-by.ts';
import type { System, SystemVariant } from '../systems/system.ts';
import type { VariantFacts } from './variant-facts.ts';

const byFrequency: readonly Drawn[] = ['process', 'boot', 'store', 'never'];

/** Of all systems, in their order. */
export function collectFacts(): readonly VariantFacts[] {
  return systems.flatMap((system) => system.variants.map((variant) => factsOf(system, variant)));
}

function factsOf(
  { id }: System,
  { id: variant, arrangement, randomness, seenBy }: SystemVariant,
): VariantFacts {
  const drawn = new Set(randomness.map((each) => each.drawn));
  return {
    system: id,
    variant,
    drawn: byFrequency.find((each) => drawn.has(each)) ?? 'never',
    served: arrangement?.places !== undefined,
    stored: arrangement !== undefined,
    hiddenFrom: toolsWithLess(seenBy),
  };
}

/** Asks every system what each of its variants means for those who use it. */
import type { Drawn } from '../models/aslr.ts';
import { systems } from '../systems/registry.ts';
import type { System, SystemVariant } from '../systems/system.ts';
import type { VariantFacts } from './variant-facts.ts';

const byFrequency: readonly Drawn[] = ['process', 'boot', 'bind', 'store', 'never'];

/** Of all systems, in their order. */
export function collectFacts(): readonly VariantFacts[] {
  return systems.flatMap((system) => system.variants.map((variant) => factsOf(system, variant)));
}

function factsOf(system: System, { id }: SystemVariant): VariantFacts {
  const arrangement = system.arrangements[id];
  const bound = Object.keys(system.arrangements).length > 0;
  const stored = arrangement !== undefined;
  return {
    system: system.id,
    variant: id,
    // A launcher that stands for itself has the addresses of its bind.
    drawn: bound && !stored ? 'bind' : drawnBy(system, id),
    served: arrangement?.places !== undefined,
    stored,
    bound,
  };
}

/** What a system says of all its variants; of those that lay files out, only such that slide draw in each process. */
function drawnBy({ properties, arrangements }: System, id: string): Drawn {
  const arrangement = arrangements[id];
  const canSlide = arrangement === undefined || arrangement.slides === true;
  const said = properties.aslr.map(({ drawn }) => drawn).filter((drawn) => drawn !== 'process' || canSlide);
  return byFrequency.find((drawn) => said.includes(drawn)) ?? 'never';
}

/** What each variant of a system means for those who use it, by its own declarations: what no measurement tells. */
import { systems } from './registry.ts';
import type { System, SystemProperties, SystemVariant } from './system.ts';

/** How often addresses are drawn. */
export type Drawn = SystemProperties['aslr'][number]['drawn'];

export interface VariantFacts {
  readonly system: string;
  readonly variant: string;
  readonly summary: string;
  /** The most often that it can draw a module's address. */
  readonly drawn: Drawn;
  /** Its processes take their memory from a server, which has to run. */
  readonly served: boolean;
  /** A store can hold it. */
  readonly stored: boolean;
  /** It writes files that have to be bound; the platform's own linker has none. */
  readonly bound: boolean;
}

const byFrequency: readonly Drawn[] = ['process', 'boot', 'bind', 'store', 'never'];

/** Of all systems, in their order. */
export function variantFacts(): readonly VariantFacts[] {
  return systems.flatMap((system) => system.variants.map((variant) => factsOf(system, variant)));
}

function factsOf(system: System, { id, summary }: SystemVariant): VariantFacts {
  const arrangement = system.arrangements[id];
  return {
    system: system.id,
    variant: id,
    summary,
    drawn: drawnBy(system, id),
    served: arrangement?.places !== undefined,
    stored: arrangement !== undefined,
    bound: Object.keys(system.arrangements).length > 0,
  };
}

/** What a system says of all its variants; of those that lay files out, only such that slide draw in each process. */
function drawnBy({ properties, arrangements }: System, id: string): Drawn {
  const arrangement = arrangements[id];
  const canSlide = arrangement === undefined || arrangement.slides === true;
  const said = properties.aslr.map(({ drawn }) => drawn).filter((drawn) => drawn !== 'process' || canSlide);
  return byFrequency.find((drawn) => said.includes(drawn)) ?? 'never';
}

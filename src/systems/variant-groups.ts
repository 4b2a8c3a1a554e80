/** What several variants of a system have in common, so that it is said once. */
import type { AddressFormat } from '../ranges/address-format.ts';
import type { Randomness, System } from './system.ts';

/** Variants whose addresses are equally random. */
export interface EquallyRandom {
  /** Their ids; all of the system's where it has one group. */
  readonly variants: readonly string[];
  readonly randomness: readonly Randomness[];
}

/** In the order of their first variants. */
export function byRandomness({ variants }: System): readonly EquallyRandom[] {
  const groups = new Map<string, { variants: string[]; randomness: readonly Randomness[] }>();
  for (const { id, randomness } of variants) {
    const key = JSON.stringify(randomness);
    const group = groups.get(key) ?? { variants: [], randomness };
    group.variants.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** For people: `24 bits, drawn once a store; …`, with the variants that it holds for where they differ. */
export function describeRandomness(system: System): string {
  const groups = byRandomness(system);
  return groups
    .map(({ variants, randomness }) => {
      const words = randomness.map(describe).join('; ');
      return groups.length === 1 ? words : `${variants.join(', ')}: ${words}`;
    })
    .join('. ');
}

function describe({ bits, drawn }: Randomness): string {
  return drawn === 'never' ? 'none' : `${roundedBits(bits)} bits, drawn once a ${drawn}`;
}

/** Of a base that is one of six, 2.6 bits. */
export function roundedBits(bits: number): string {
  return Number.isInteger(bits) ? String(bits) : bits.toFixed(1);
}

/** The address formats of all variants, each once. */
export function formatsOf({ variants }: System): readonly AddressFormat[] {
  return [...new Set(variants.flatMap(({ format }) => format ?? []))];
}

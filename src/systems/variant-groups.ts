/** What several variants of a system have in common, so that it is said once. */
import type { AddressFormat } from '../ranges/address-format.ts';
import { describeSeenBy } from './seen-by.ts';
import type { Constants, Randomness, System, SystemVariant } from './system.ts';

/** Variants of which the same holds. */
interface Group<T> {
  /** Their ids; all of the system's where it has one group. */
  readonly variants: readonly string[];
  readonly value: T;
}

/** In the order of their first variants. */
function groupBy<T>({ variants }: System, valueOf: (variant: SystemVariant) => T): readonly Group<T>[] {
  const groups = new Map<string, { variants: string[]; value: T }>();
  for (const variant of variants) {
    const value = valueOf(variant);
    const key = JSON.stringify(value);
    const group = groups.get(key) ?? { variants: [], value };
    group.variants.push(variant.id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Variants whose addresses are equally random. */
export interface EquallyRandom extends Pick<SystemVariant, 'randomness' | 'constants'> {
  /** Their ids; all of the system's where it has one group. */
  readonly variants: readonly string[];
}

export function byRandomness(system: System): readonly EquallyRandom[] {
  return groupBy(system, ({ randomness, constants = {} }) => ({ randomness, constants })).map(
    ({ variants, value }) => ({ variants, ...value }),
  );
}

/** For people: `24 bits, drawn once a store; …`, with the variants that it holds for where they differ. */
export function describeRandomness(system: System): string {
  return describeGroups(groupBy(system, ({ randomness }) => randomness.map(describe).join('; ')));
}

/** The same of what can be called, or read, at constant addresses. */
export function describeConstants(system: System, use: keyof Constants): string {
  const valueOf = ({ randomness, constants }: SystemVariant): string =>
    randomness.every(({ drawn }) => drawn === 'never') ? 'everything' : (constants?.[use] ?? 'nothing');
  return describeGroups(groupBy(system, valueOf));
}

/** The same of what tools see. */
export function describeSeen(system: System): string {
  return describeGroups(groupBy(system, ({ seenBy }) => describeSeenBy(seenBy)));
}

function describeGroups(groups: readonly Group<string>[]): string {
  return groups
    .map(({ variants, value }) => (groups.length === 1 ? value : `${variants.join(', ')}: ${value}`))
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

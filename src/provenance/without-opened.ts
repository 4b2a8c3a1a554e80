/** A blueprint whose program opens its modules through ld.so alone. */
import { at } from '../util/present.ts';
import type { Blueprint, OpenedModule, References } from './explained.ts';

/** Nothing else changes: the regions of opened modules stand behind all others, and their words behind theirs. */
export function withoutOpened(blueprint: Blueprint, reason: string): Blueprint {
  if (!blueprint.opener) return blueprint;
  const first = blueprint.regions.findIndex(({ region }) => region.kind === 'opened');
  const count = first < 0 ? blueprint.regions.length : first;
  return {
    ...blueprint,
    regions: blueprint.regions.slice(0, count),
    references: ownedBelow(blueprint.references, count),
    opened: blueprint.opened.map((module) => left(module, reason)),
    opener: undefined,
  };
}

function ownedBelow({ count: all, addresses, owners, targets }: References, region: number): References {
  let count = all;
  while (count > 0 && at(owners, count - 1) >= region) count--;
  return {
    count,
    addresses: addresses.subarray(0, count),
    owners: owners.subarray(0, count),
    targets: targets.subarray(0, count),
  };
}

function left({ path, name, identity, ...more }: OpenedModule, reason: string): OpenedModule {
  return { path, name, identity, prepared: false, reason: more.prepared ? reason : more.reason };
}

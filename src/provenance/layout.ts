/**
 * A layout gives every region an address. Blueprint memory can be moved to any layout that keeps the order of the modules:
 * references move with what they point to.
 */
import { at, present } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { roundUp } from '../util/units.ts';
import type { Blueprint, BlueprintRegion } from './explained.ts';

/** New start by region index. */
export type Layout = readonly Address[];

/** Whether a region is part of the address space at the handoff point, and may be placed. */
function isPlaced(region: BlueprintRegion['region'], kind: BlueprintRegion['region']['kind']): boolean {
  return region.kind === kind && region.movable && (kind === 'opened' || region.mappings.length > 0);
}

/**
 * All modules from `base` upwards in their order, without gaps but for alignment; behind them all anonymous memory, in
 * one piece; behind that what is opened later. What may not move stays where it is.
 */
export function packedLayout(blueprint: Blueprint, base: Address): Layout {
  const layout = blueprint.regions.map(({ region }) => region.start);
  const end = pack(blueprint, layout, 'module', base);
  pack(blueprint, layout, 'opened', pack(blueprint, layout, 'anonymous', end));
  return layout;
}

/** Modules at given addresses, by their paths; anonymous memory from `base` upwards. */
export function placedLayout(
  blueprint: Blueprint,
  addresses: ReadonlyMap<string, Address>,
  base: Address,
): { readonly layout: Layout; readonly end: Address } {
  const layout = blueprint.regions.map(({ region: { movable, module, start } }) =>
    movable && module ? present(addresses.get(module.path), `address of ${module.path}`) : start,
  );
  return { layout, end: pack(blueprint, layout, 'anonymous', base) };
}

/** Gives the placed regions of a kind their addresses in the order that they have; answers where they end. */
function pack(
  { regions }: Blueprint,
  layout: Address[],
  kind: BlueprintRegion['region']['kind'],
  base: Address,
): Address {
  const placed = regions
    .map(({ region }, index) => ({ region, index }))
    .filter(({ region }) => isPlaced(region, kind))
    .sort((a, b) => a.region.start - b.region.start);
  let next = base;
  for (const { region, index } of placed) {
    const start = roundUp(next, region.alignment);
    layout[index] = start;
    next = roundUp(start + region.end - region.start);
  }
  return next;
}

/** Where an address of the first capture is in a layout. */
export function moveAddress(blueprint: Blueprint, layout: Layout, address: Address): Address {
  const index = regionAt(blueprint, address);
  return index < 0 ? address : address + regionShift(blueprint, layout, index);
}

/** Index of the region that holds an address of the first capture; -1 where none does. */
export function regionAt({ regions }: Blueprint, address: Address): number {
  return regions.findIndex(
    ({ region }) => address >= region.start && address < region.end && region.mappings.length > 0,
  );
}

/** How far a layout moves a region, bytes. */
export function regionShift(blueprint: Blueprint, layout: Layout, index: number): number {
  return at(layout, index, 'region') - at(blueprint.regions, index, 'region').region.start;
}

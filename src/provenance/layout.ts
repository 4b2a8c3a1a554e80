/**
 * A layout gives every region an address. Blueprint memory can be moved to any layout that keeps the order of the modules:
 * references move with what they point to.
 */
import type { Address } from '../util/units.ts';
import { pageSize, roundUp } from '../util/units.ts';
import type { Blueprint, BlueprintRegion } from './explained.ts';

/** New start by region index. */
export type Layout = readonly Address[];

/** Whether a region is part of the address space at the handoff point, and may be placed. */
function isPlaced(region: BlueprintRegion['region'], kind: BlueprintRegion['region']['kind']): boolean {
  return region.kind === kind && region.movable && region.mappings.length > 0;
}

/**
 * All modules from `base` upwards in their order, without gaps but for alignment; behind them all anonymous memory, in
 * one piece. What may not move stays where it is.
 */
export function packedLayout(blueprint: Blueprint, base: Address): Layout {
  const layout = blueprint.regions.map(({ region }) => region.start);
  let next = base;
  for (const kind of ['module', 'anonymous'] as const)
    blueprint.regions.forEach(({ region }, index) => {
      if (!isPlaced(region, kind)) return;
      const start = roundUp(next, region.alignment);
      layout[index] = start;
      next = roundUp(start + region.end - region.start, pageSize);
    });
  return layout;
}

/** Where an address of the first capture is in a layout. */
export function moveAddress(blueprint: Blueprint, layout: Layout, address: Address): Address {
  const index = blueprint.regions.findIndex(
    ({ region }) => address >= region.start && address < region.end && region.mappings.length > 0,
  );
  return index < 0 ? address : address + regionShift(blueprint, layout, index);
}

/** How far a layout moves a region, bytes. */
export function regionShift(blueprint: Blueprint, layout: Layout, index: number): number {
  const start = blueprint.regions[index]?.region.start ?? 0;
  return (layout[index] ?? start) - start;
}

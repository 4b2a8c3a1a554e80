/** The plan's regions: what moves as one where a module must, or all does. */
import type { Blueprint } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionAt, regionShift } from '../provenance/layout.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { TableRows } from './plan.ts';

/** When memory is elsewhere than the plan has it: never, where a module's range is taken, or in every process. */
export type Moves = 'never' | 'on-collision' | 'always';

export interface Located {
  readonly address: Address;
  readonly region: number;
}

export interface PlanRegions {
  readonly rows: TableRows<'regions'>;
  /** Row of a blueprint's region; 0 for one without memory. */
  rowOf(region: number): number;
  /** Where the plan has an address of the first capture, and the row that it moves with; 0 for one outside of all. */
  locate(address: Address): Located;
  /** Row of the heap; 0 where there is none. */
  readonly heap: number;
  /** Whether the loader may choose a row's place. */
  isMovable(row: number): boolean;
  /** Where the plan has an address of the first capture that lies in a region: in the heap, relative to the break. */
  place(region: number, address: Address): Address;
}

/** Of the loader. */
const headRow = 0;

/** `head`: the loader, which stands for all that never moves. */
export function planRegions(
  blueprint: Blueprint,
  layout: Layout,
  moves: Moves,
  head: { readonly address: Address; readonly length: number },
): PlanRegions {
  const used = [...blueprint.regions.keys()].filter((index) => isMapped(at(blueprint.regions, index).region));
  const numbers = new Map(used.map((index, position) => [index, position + 1]));
  const rowOf = (region: number): number => numbers.get(region) ?? headRow;
  const shiftOf = (index: number): number => {
    const { region } = at(blueprint.regions, index, 'region');
    return region.kind === 'heap' ? 0 - region.start : regionShift(blueprint, layout, index);
  };
  const rows = used.map((index) => regionRow(blueprint, index, shiftOf(index), moves));
  const all = [{ ...head, path: '', alignment: 0 }, ...rows];
  const locate = (address: Address): Located => {
    const region = regionAt(blueprint, address);
    return region < 0
      ? { address, region: headRow }
      : { address: address + shiftOf(region), region: rowOf(region) };
  };
  return {
    rows: all,
    rowOf,
    locate,
    heap: rowOf(blueprint.regions.findIndex(({ region }) => region.kind === 'heap')),
    isMovable: (row) => at(all, row, 'row').alignment > 0,
    place: (region, address) => address + shiftOf(region),
  };
}

/** A module that is opened later has a range that need not be free. */
function isMapped({ kind, mappings }: Blueprint['regions'][number]['region']): boolean {
  return kind !== 'opened' && mappings.length > 0;
}

function regionRow({ regions }: Blueprint, index: number, shift: number, moves: Moves) {
  const { region } = at(regions, index, 'region');
  const { start, end, module } = region;
  const alignment = alignmentOf(region, moves);
  return { address: start + shift, length: end - start, path: module?.path ?? '', alignment };
}

/** The linker's own memory moves with everything, but never alone. 0: the region stays. */
function alignmentOf(region: Blueprint['regions'][number]['region'], moves: Moves): number {
  if (moves === 'never' || !region.movable) return 0;
  if (region.kind === 'module') return region.alignment;
  return moves === 'always' && region.kind === 'anonymous' ? pageSize : 0;
}

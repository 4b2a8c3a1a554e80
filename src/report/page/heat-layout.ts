/** Every page that a process has in memory as a cell of a grid; nothing here needs a browser. */
import type { PageState, SpaceRange } from '../../measure/address-space.ts';
import { looks, states } from './states.ts';

export type CellOrder = 'address' | 'reason';

/** Neighbouring cells of one state in one row. */
export interface CellRun {
  readonly state: PageState;
  readonly row: number;
  readonly column: number;
  readonly cells: number;
}

export interface Total {
  readonly state: PageState;
  readonly pages: number;
}

/** How many pages of each state there are; states without any are left out. */
export function totalsOf(ranges: readonly SpaceRange[]): readonly Total[] {
  const counts = new Map<PageState, number>();
  for (const { runs } of ranges)
    for (const { state, pages } of runs) counts.set(state, (counts.get(state) ?? 0) + pages);
  return states.flatMap((state) => {
    const pages = counts.get(state) ?? 0;
    return pages === 0 ? [] : [{ state, pages }];
  });
}

/** Pages that are not in memory have no cell. */
export function layOutCells(
  ranges: readonly SpaceRange[],
  columns: number,
  order: CellOrder,
): readonly CellRun[] {
  const runs = order === 'address' ? ranges.flatMap((range) => range.runs) : totalsOf(ranges);
  const cells: CellRun[] = [];
  let at = 0;
  for (const { state, pages } of runs) {
    if (state === 'absent') continue;
    for (let left = pages; left > 0;) {
      const column = at % columns;
      const count = Math.min(left, columns - column);
      cells.push({ state, row: Math.floor(at / columns), column, cells: count });
      at += count;
      left -= count;
    }
  }
  return cells;
}

/** The private ones of some totals. */
export function privatePages(totals: readonly Total[]): number {
  return totals.reduce((sum, { state, pages }) => sum + (looks[state].isPrivate ? pages : 0), 0);
}

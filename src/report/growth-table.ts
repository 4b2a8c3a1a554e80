/** How the memory of a program grows with its processes, as a table for a terminal. */
import type { GrowthPoint, MeasuredProgram, MeasuredResult, Settings } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { compactKb, none } from './format.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';

/** A line of a terminal holds no more columns. */
const mostCounts = 8;

/** Private memory of so many processes together, and below it their PSS. Empty where it was not measured. */
export function renderGrowthTable(
  { results }: MeasuredProgram,
  { counts }: Pick<Settings, 'counts'>,
  colors: Colors,
): string {
  const grown = results.filter(
    (result): result is MeasuredResult => result.status === 'measured' && result.growth !== undefined,
  );
  if (counts.length === 0 || grown.length === 0) return '';
  return renderTable(grown, counts.slice(-mostCounts).map(columnOf), colors);
}

function columnOf(count: number): Column<MeasuredResult> {
  const cell = (name: 'privateKb' | 'pssKb') => (result: MeasuredResult) => {
    const point: GrowthPoint | undefined = result.growth?.find(({ processes }) => processes === count);
    return point ? compactKb(point[name]) : none;
  };
  return { head: [`of ${count}`, 'kB'], cell: cell('privateKb'), detail: cell('pssKb') };
}

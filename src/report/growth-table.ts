/** How the memory of a program grows with its processes, as a table for a terminal. */
import type { GrowthPoint, MeasuredProgram, MeasuredResult, Settings } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { inUnit, memoryUnitOf, none } from './format.ts';
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
  const shown = counts.slice(-mostCounts);
  return renderTable(
    grown,
    shown.map((count) => columnOf(count, grown)),
    colors,
  );
}

function columnOf(count: number, results: readonly MeasuredResult[]): Column<MeasuredResult> {
  const pointOf = ({ growth }: MeasuredResult): GrowthPoint | undefined =>
    growth?.find(({ processes }) => processes === count);
  const points = results.flatMap((result) => pointOf(result) ?? []);
  const unit = memoryUnitOf(points.flatMap(({ privateKb, pssKb }) => [privateKb, pssKb]));
  const cell = (name: 'privateKb' | 'pssKb') => (result: MeasuredResult) => {
    const point = pointOf(result);
    return point ? inUnit(point[name], unit).replaceAll(',', '') : none;
  };
  return { head: [`of ${count}`, unit.name], cell: cell('privateKb'), detail: cell('pssKb') };
}

/** A table of at most 80 columns for a terminal. A result takes two lines: the figures, and below them what is said of them. */
import type { Cell } from 'cli-table3';
import Table from 'cli-table3';
import type { ResultHead, UnmeasuredResult } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import type { Figure } from './figures.ts';
import { bestBy, inOneUnit, shownFigures } from './figures.ts';
import { none } from './format.ts';

/** A line each. */
type Head = readonly [string, string];

/** `R` is a result with figures. */
export interface Column<R> {
  readonly head: Head;
  readonly cell: (result: R) => string;
  /** The second line. */
  readonly detail?: (result: R) => string;
  /** The results that are emphasised: the best, and all that cannot be told from it. */
  readonly best?: readonly R[];
}

export type Row<R> = (R & { readonly status: 'measured' }) | UnmeasuredResult;

export interface Emphasis<R> {
  /** What is said of some figures, by their ids, beyond their values. */
  readonly details: Readonly<Record<string, (result: R) => string>>;
  /** Whether a result can be the best; absent: all can. */
  readonly competes?: (result: R) => boolean;
}

/** The columns of those figures that have room in a terminal. */
export function figureColumns<R>(
  figures: readonly Figure<R>[],
  results: readonly Row<R>[],
  { details, competes = () => true }: Emphasis<R>,
): readonly Column<R>[] {
  const measured: readonly R[] = results.filter((result) => result.status === 'measured');
  return shownFigures(figures, results).flatMap((figure): readonly Column<R>[] => {
    const { id, narrow } = figure;
    const detail = details[id];
    if (narrow === undefined) return [];
    const best = bestBy(figure, measured.filter(competes));
    const shown = inOneUnit(figure, measured);
    const column = { head: inUnits(narrow, shown.unit), cell: narrowCell(shown) };
    return [{ ...column, ...(detail && { detail }), ...(best && { best: [best.least, ...best.tied] }) }];
  });
}

/** A heading that does not say its unit is of kB. */
function inUnits([above, below]: Head, unit: string): Head {
  if (below === 'kB') return [above, unit];
  return [above, unit === 'MB' || unit === 'GB' ? `${below} ${unit}` : below];
}

function narrowCell<R>({ value, text }: Figure<R>): (result: R) => string {
  return (result) => {
    const found = value(result);
    return found === undefined ? none : text(found).replaceAll(',', '');
  };
}

/** The table without a line break at its end. */
export function renderTable<R extends ResultHead>(
  results: readonly Row<R>[],
  columns: readonly Column<R>[],
  colors: Colors,
): string {
  const heads = columns.map(({ head }) => head.map((line) => colors.dim(line)).join('\n'));
  const table = new Table({
    head: [colors.dim('system'), ...heads],
    colAligns: ['left', ...columns.map(() => 'right' as const)],
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const result of results) table.push(renderRow(result, columns, colors));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function renderRow<R extends ResultHead>(
  result: Row<R>,
  columns: readonly Column<R>[],
  colors: Colors,
): Cell[] {
  const name = `${result.system}\n${colors.dim(`  ${result.variant}`)}`;
  if (result.status !== 'measured')
    return [name, { content: `${result.status}, see below`, colSpan: columns.length, hAlign: 'left' }];
  const cells = columns.map(({ cell, detail, best }) => {
    const text = best?.includes(result) ? colors.bold(colors.green(cell(result))) : cell(result);
    return detail ? `${text}\n${colors.dim(detail(result))}` : text;
  });
  return [name, ...cells];
}

const noLines = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' ' },
};

/**
 * The results as a table of at most 80 columns. A result takes two lines: the figures, and below them the variant and the
 * interval of the start-up.
 */
import type { Cell } from 'cli-table3';
import Table from 'cli-table3';
import type { MeasuredResult, Measurement, Result } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { findWinners, isMeasured } from './conclusion.ts';
import { compactKb, threeDigits } from './format.ts';

interface Column {
  /** A line each. */
  readonly head: readonly [string, string];
  readonly cell: (result: MeasuredResult) => string;
}

const none = '–';

const timeColumns: readonly Column[] = [
  { head: ['start-up', 'ms'], cell: ({ startupMs }) => (startupMs ? threeDigits(startupMs.median) : none) },
  {
    head: ['times', 'faster'],
    cell: ({ startupRatio }) => (startupRatio ? `${threeDigits(startupRatio.median)}×` : none),
  },
];

const memoryColumns: readonly Column[] = [
  { head: ['private', 'kB'], cell: ({ privateKb }) => compactKb(privateKb) },
  { head: ['shared', 'kB'], cell: ({ sharedKb }) => compactKb(sharedKb) },
  { head: ['PSS', 'kB'], cell: ({ pssKb }) => compactKb(pssKb) },
  { head: ['', 'maps'], cell: ({ mappings }) => mappings.toFixed(0) },
];

const faultColumn: Column = {
  head: ['', 'faults'],
  cell: ({ minorFaults }) => minorFaults?.toFixed(0) ?? none,
};

const costColumns: readonly Column[] = [
  { head: ['disk', 'kB'], cell: ({ diskKb }) => compactKb(diskKb) },
  { head: ['bind', 'ms'], cell: ({ bindMs }) => bindMs.toFixed(0) },
];

/** The table without a line break at its end. Columns of times are left out where nothing was timed. */
export function renderTable(measurement: Measurement, colors: Colors): string {
  const { timed } = measurement.settings;
  const columns = [
    ...(timed ? timeColumns : []),
    ...memoryColumns,
    ...(timed ? [faultColumn] : []),
    ...costColumns,
  ];
  const best = bestOf(measurement);
  const table = new Table({
    head: [
      colors.dim('system'),
      ...columns.map(({ head }) => head.map((line) => colors.dim(line)).join('\n')),
    ],
    colAligns: ['left', ...columns.map(() => 'right' as const)],
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const result of measurement.results) table.push(renderRow(result, columns, best, colors));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Which result is emphasised in which column. */
type Best = ReadonlyMap<Column, MeasuredResult | undefined>;

function bestOf(measurement: Measurement): Best {
  const { fastest, mostFrugal } = findWinners(measurement);
  return new Map([
    [timeColumns[0]!, fastest],
    [memoryColumns[0]!, mostFrugal],
  ]);
}

function renderRow(result: Result, columns: readonly Column[], best: Best, colors: Colors): Cell[] {
  const name = `${result.system}\n${colors.dim(`  ${result.variant}`)}`;
  if (!isMeasured(result))
    return [name, { content: `${result.status}, see below`, colSpan: columns.length, hAlign: 'left' }];
  const cells = columns.map((column) => {
    const text = column.cell(result);
    const cell = best.get(column) === result ? colors.bold(colors.green(text)) : text;
    return column === timeColumns[0] ? `${cell}\n${colors.dim(interval(result))}` : cell;
  });
  return [name, ...cells];
}

function interval({ startupMs }: MeasuredResult): string {
  return startupMs ? `[${threeDigits(startupMs.low)}–${threeDigits(startupMs.high)}]` : '';
}

const noLines = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' ' },
};

/** The results of one program as a table for a terminal. */
import type { MeasuredProgram, MeasuredResult } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { findWinners } from './conclusion.ts';
import { compactKb, none, threeDigits } from './format.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';

/** Columns of times are left out where nothing was timed. */
export function renderProgramTable(program: MeasuredProgram, colors: Colors): string {
  const { timed, results } = program;
  const { fastest, mostFrugal } = findWinners(program);
  const times = timed ? timeColumns(fastest) : [];
  const columns = [...times, ...memoryColumns(mostFrugal), ...(timed ? [faultColumn] : []), ...costColumns];
  return renderTable(results, columns, colors);
}

function timeColumns(fastest: MeasuredResult | undefined): readonly Column<MeasuredResult>[] {
  return [
    {
      head: ['start-up', 'ms'],
      cell: ({ startupMs }) => (startupMs ? threeDigits(startupMs.median) : none),
      detail: interval,
      best: fastest,
    },
    {
      head: ['times', 'faster'],
      cell: ({ startupRatio }) => (startupRatio ? `${threeDigits(startupRatio.median)}×` : none),
    },
  ];
}

function memoryColumns(mostFrugal: MeasuredResult | undefined): readonly Column<MeasuredResult>[] {
  return [
    { head: ['private', 'kB'], cell: ({ privateKb }) => compactKb(privateKb), best: mostFrugal },
    { head: ['shared', 'kB'], cell: ({ sharedKb }) => compactKb(sharedKb) },
    { head: ['PSS', 'kB'], cell: ({ pssKb }) => compactKb(pssKb) },
    { head: ['', 'maps'], cell: ({ mappings }) => mappings.toFixed(0) },
  ];
}

const faultColumn: Column<MeasuredResult> = {
  head: ['', 'faults'],
  cell: ({ minorFaults }) => minorFaults?.median.toFixed(0) ?? none,
};

const costColumns: readonly Column<MeasuredResult>[] = [
  { head: ['disk', 'kB'], cell: ({ diskKb }) => compactKb(diskKb) },
  { head: ['bind', 'ms'], cell: ({ bindMs }) => bindMs.toFixed(0) },
];

function interval({ startupMs }: MeasuredResult): string {
  return startupMs ? `[${threeDigits(startupMs.low)}–${threeDigits(startupMs.high)}]` : '';
}

/** The memory of all programs together as a table for a terminal. */
import type { FrameSharing, MeasuredWorkload, Measurement } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { findWorkloadWinners, isMeasured, isWhole } from './conclusion.ts';
import { compactKb, none } from './format.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';

/** Sums over all processes. Below private memory and PSS stands their part of the base line's. */
export function renderWorkloadTable(measurement: Measurement, colors: Colors): string {
  const { baseLine, mostFrugal, leastPss } = findWorkloadWinners(measurement);
  const part =
    (name: 'privateKb' | 'pssKb') =>
    (result: MeasuredWorkload): string => {
      if (!isWhole(measurement, result)) return 'partial';
      return baseLine ? percentOf(result[name], baseLine[name]) : '';
    };
  const sums: readonly Column<MeasuredWorkload>[] = [
    {
      head: ['private', 'kB'],
      cell: ({ privateKb }) => compactKb(privateKb),
      detail: part('privateKb'),
      best: mostFrugal,
    },
    { head: ['PSS', 'kB'], cell: ({ pssKb }) => compactKb(pssKb), detail: part('pssKb'), best: leastPss },
    { head: ['RSS', 'kB'], cell: ({ privateKb, sharedKb }) => compactKb(privateKb + sharedKb) },
  ];
  return renderTable(measurement.workload, [...sums, ...frameColumns(measurement), mapsColumn], colors);
}

/** Left out where nothing is known of page frames. */
function frameColumns({ workload }: Measurement): readonly Column<MeasuredWorkload>[] {
  const isKnown = workload.some((result) => isMeasured(result) && result.frames !== undefined);
  const column = (name: keyof FrameSharing, ...head: Column<never>['head']): Column<MeasuredWorkload> => ({
    head,
    cell: ({ frames }) => (frames ? compactKb(frames[name]) : none),
  });
  if (!isKnown) return [];
  return [
    column('oneProcessKb', 'in one', 'process'),
    column('oneProgramKb', 'in one', 'program'),
    column('severalProgramsKb', 'in several', 'programs'),
  ];
}

const mapsColumn: Column<MeasuredWorkload> = {
  head: ['', 'maps'],
  cell: ({ mappings }) => mappings.toFixed(0),
};

/** `31 %` of the base line's. */
function percentOf(value: number, base: number): string {
  return `${Math.round((value / base) * 100)} %`;
}

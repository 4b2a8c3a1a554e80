/** The memory of all programs together as a table for a terminal. */
import type { MeasuredWorkload, Measurement } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { findWorkloadWinners, isWhole } from './conclusion.ts';
import { workloadFigures } from './figures.ts';
import { figureColumns, renderTable } from './table.ts';

/** Sums over all processes. Below private memory and PSS stands their part of the base line's. */
export function renderWorkloadTable(measurement: Measurement, colors: Colors): string {
  const { workload } = measurement;
  const { baseLine } = findWorkloadWinners(measurement);
  const part =
    (name: 'privateKb' | 'pssKb') =>
    (result: MeasuredWorkload): string => {
      if (!isWhole(measurement, result)) return 'partial';
      return baseLine ? `${Math.round((result[name] / baseLine[name]) * 100)} %` : '';
    };
  const columns = figureColumns(workloadFigures, workload, {
    competes: (result) => isWhole(measurement, result),
    details: { privateKb: part('privateKb'), pssKb: part('pssKb') },
  });
  return renderTable(workload, columns, colors);
}

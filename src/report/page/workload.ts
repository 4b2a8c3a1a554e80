/** All programs together: the plot and the table of what their processes hold and share. */
import type { MeasuredWorkload, Measurement } from '../../measure/measurement.ts';
import { findWorkloadWinners, isMeasured, isWhole } from '../conclusion.ts';
import { workloadFigures } from '../figures.ts';
import { comparedWith, labelsOf, listing } from '../format.ts';
import { element, section } from './element.ts';
import { createFigure } from './figure.ts';
import { createResultsTable } from './results-table.ts';
import { createWorkloadPlot, frameKinds, hasFrames } from './workload-plot.ts';

export function createWorkload(measurement: Measurement): readonly HTMLElement[] {
  const table = createResultsTable<MeasuredWorkload>({
    results: measurement.workload,
    figures: workloadFigures,
    detail: ({ id }, result) =>
      id === 'privateKb' || id === 'pssKb' ? describe(measurement, result, id) : undefined,
    competes: (result) => isWhole(measurement, result),
    name: 'All programs together',
  });
  return [...createChart(measurement), section('All programs together: figures', table)];
}

function createChart(measurement: Measurement): readonly HTMLElement[] {
  const measured = measurement.workload.filter(isMeasured);
  const whole = measured.filter((result) => isWhole(measurement, result));
  if (whole.length === 0) return [];
  const left = measured.length - whole.length;
  const { figure } = createFigure({
    name: 'memory-of-all-programs',
    draw: (width) => createWorkloadPlot(measurement, whole, width),
    caption: [
      ...(hasFrames(whole) ? key() : ['Private_Dirty of all processes. ']),
      'Figures that say “tied” cannot be told from the least: their processes differ as much. ',
      left > 0 ? 'Systems that do not serve all programs are not drawn.' : undefined,
    ],
  });
  return [section('Memory of all programs together', figure)];
}

function key(): readonly Node[] {
  return frameKinds.map(({ style, text }) => {
    const mark = element('i', { class: `square ${style}`, 'aria-hidden': 'true' });
    return element('span', { class: 'key' }, mark, text);
  });
}

/** The second line of a figure: how it stands to the base line, or whose processes it lacks. */
function describe(
  measurement: Measurement,
  result: MeasuredWorkload,
  figure: 'privateKb' | 'pssKb',
): string | undefined {
  const { baseLine } = findWorkloadWinners(measurement);
  if (!isWhole(measurement, result)) {
    const labels = labelsOf(measurement.programs).filter((_, index) => !result.programs.includes(index));
    return `without ${listing(labels)}`;
  }
  return baseLine && baseLine !== result ? comparedWith(result[figure], baseLine[figure]) : undefined;
}

/** The figures of one program; where there are several, of the one that is chosen. */
import type { MeasuredProgram, Measurement } from '../../measure/measurement.ts';
import { callFigure, programFigures } from '../figures.ts';
import { labelsOf } from '../format.ts';
import { createCharts } from './charts.ts';
import { createList } from './choice.ts';
import { element, section } from './element.ts';
import { createResultsTable } from './results-table.ts';
import { createSummary } from './summary.ts';

export function createPrograms(measurement: Measurement): readonly (HTMLElement | undefined)[] {
  const { programs } = measurement;
  const [first] = programs;
  if (first === undefined) return [];
  if (programs.length === 1) return createProgram(measurement, first);
  const part = element('div', { class: 'program' });
  const show = (program: MeasuredProgram): void => {
    part.replaceChildren(...createSummary(measurement, program));
    part.append(...createProgram(measurement, program).filter((one) => one !== undefined));
  };
  show(first);
  return [section('Program by program', createChooser(measurement, show), part)];
}

function createProgram(
  measurement: Measurement,
  program: MeasuredProgram,
): readonly (HTMLElement | undefined)[] {
  const figures = [...programFigures, callFigure(measurement)];
  const table = createResultsTable({ results: program.results, figures, name: 'All figures' });
  return [...createCharts(measurement, program), section('All figures', table)];
}

function createChooser({ programs }: Measurement, onChoice: (program: MeasuredProgram) => void): HTMLElement {
  const list = createList('Program', labelsOf(programs), 0, (chosen) => {
    onChoice(programs[chosen]!);
  });
  return element('p', { class: 'chooser' }, list);
}

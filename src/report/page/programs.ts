/** The figures of one program; where there are several, of the one that is chosen. */
import type { MeasuredProgram, Measurement } from '../../measure/measurement.ts';
import { labelsOf } from '../format.ts';
import { createCharts } from './charts.ts';
import { columns } from './columns.ts';
import { element, section } from './element.ts';
import { createResultsTable } from './results-table.ts';
import { createSummary } from './summary.ts';

export function createPrograms(measurement: Measurement): readonly HTMLElement[] {
  const { programs } = measurement;
  const [first] = programs;
  if (first === undefined) return [];
  if (programs.length === 1) return createProgram(first);
  const part = element('div', { class: 'program' });
  const show = (program: MeasuredProgram): void => {
    part.replaceChildren(...createSummary(measurement, program), ...createProgram(program));
  };
  show(first);
  const chooser = createChooser(measurement, show);
  return [section('Program by program', chooser, part)];
}

function createProgram(program: MeasuredProgram): readonly HTMLElement[] {
  const table = createResultsTable(program.results, columns, 'All figures');
  return [...createCharts(program), section('All figures', table)];
}

function createChooser({ programs }: Measurement, onChoice: (program: MeasuredProgram) => void): HTMLElement {
  const options = labelsOf(programs).map((label, index) =>
    element('option', { value: String(index) }, label),
  );
  const select = element('select', { id: 'program' }, ...options);
  select.addEventListener('change', () => {
    onChoice(programs[select.selectedIndex]!);
  });
  const label = element('label', { for: select.id }, 'Program ');
  return element('p', { class: 'chooser' }, label, select);
}

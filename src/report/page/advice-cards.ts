/** Which system for you: a card for each choice, and what as many processes as somebody has take under each system. */
import { isBaseLine } from '../../measure/measurement.ts';
import type { GatheredAdvice } from '../advice.ts';
import { advise, gather } from '../advice.ts';
import { listing } from '../format.ts';
import type { OverallRow } from '../many-processes.ts';
import { againstBase, manyProcessesFigures } from '../many-processes.ts';
import { overallOf } from '../overall.ts';
import type { ReportData } from '../report-data.ts';
import { createCountField } from './count-field.ts';
import { element, prose, section } from './element.ts';
import { createResultsTable } from './results-table.ts';

export function createAdvice(data: ReportData): HTMLElement | undefined {
  const { measurement, facts } = data;
  if (advise(measurement, facts).length === 0) return undefined;
  const cards = element('div', { class: 'cards' });
  const table = element('div');
  const summary = element('summary', {}, 'Memory of so many processes under each system');
  const said = element('p', { class: 'facts', role: 'status' });
  const show = (processes: number | undefined): void => {
    const advice = gather(advise(measurement, facts, processes));
    said.textContent = wordsFor(data, processes);
    cards.replaceChildren(...advice.map(createCard));
    table.replaceChildren(createTotals(data, processes));
  };
  const field = createCountField(
    { before: 'I have', after: whatOf(data), unset: 'as measured', most: 1_000_000 },
    show,
  );
  show(undefined);
  const totals = element('details', {}, summary, table);
  return section('Which system for you', field, said, cards, totals);
}

function whatOf({ measurement }: ReportData): string {
  return measurement.programs.length === 1 ? 'processes of it' : 'processes of each program';
}

function wordsFor(data: ReportData, processes: number | undefined): string {
  if (processes !== undefined)
    return `Memory is that of ${processes.toLocaleString('en')} ${whatOf(data)}, by a model: what they share once, what is private as often as there are processes.`;
  const counts = [...new Set(data.measurement.programs.map((program) => program.processes))];
  return `Memory is that of the processes that were measured, ${counts.join(', ')} of each program: their PSS.`;
}

function createTotals({ measurement }: ReportData, processes: number | undefined): HTMLElement {
  const all = overallOf(measurement, processes);
  const base = all.find(isBaseLine);
  return createResultsTable<OverallRow>({
    results: all.map((overall): OverallRow => ({ ...overall, status: 'measured' })),
    figures: manyProcessesFigures(base),
    detail: ({ id }, row) => (id === 'memoryKb' ? againstBase(row, base) : undefined),
    name: 'Memory of so many processes',
  });
}

function createCard({ needs, choice, reason, command }: GatheredAdvice): HTMLElement {
  return element(
    'article',
    { class: 'card' },
    element('h3', {}, choice),
    element('p', { class: 'needs' }, `for ${listing(needs)}`),
    element('p', {}, prose(reason)),
    command === undefined
      ? undefined
      : element('pre', { class: 'shell', tabindex: '0' }, element('code', {}, command.join(' '))),
  );
}

/** What changed since an earlier measurement: what cannot be compared first, then a summary and a table of each program. */
import type { BeforeAfter, ChangedProgram } from '../before-after.ts';
import { summarise } from '../before-after.ts';
import { changeDetail, changeFigures } from '../before-after-figures.ts';
import { intervalText } from '../figures.ts';
import { formatDate } from './date.ts';
import { element, prose, section } from './element.ts';
import { createResultsTable } from './results-table.ts';

export function createBeforeAfter({ dates: [before, after], remarks, programs }: BeforeAfter): HTMLElement {
  const when = `Before: ${formatDate(before)}. After: ${formatDate(after)}.`;
  const doubts = remarks.map((remark) => element('li', {}, remark));
  const parts = programs.length === 0 ? ['No program was measured in both.'] : programs.map(createProgram);
  return section(
    'Before and after',
    element('p', { class: 'facts' }, when),
    doubts.length === 0 ? undefined : element('ul', { class: 'warnings' }, ...doubts),
    ...parts,
  );
}

function createProgram(program: ChangedProgram): HTMLElement {
  const { label, results } = program;
  const sentences = summarise(program).map((line) => element('li', {}, prose(line)));
  const table = createResultsTable({
    results,
    figures: changeFigures,
    detail: (figure, result) => changeDetail(figure, result) ?? intervalText(figure, result),
    name: `${label}, before and after`,
  });
  return element('div', {}, element('h3', {}, label), element('ul', {}, ...sentences), table);
}

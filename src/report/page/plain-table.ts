/** A table that is read and not sorted. */
import type { PlainTable } from '../program-models.ts';
import { capital } from '../format.ts';
import { element } from './element.ts';
import { createScroller } from './scroller.ts';

/** `words`: what it shows, as its caption. Undefined without a table. */
export function createPlainTable(table: PlainTable | undefined, words: string): HTMLElement | undefined {
  if (table === undefined) return undefined;
  const look = table.head.map((_, index) => (isOfFigures(table, index) ? {} : { class: 'words' }));
  const heads = table.head.map((name, index) =>
    element('th', { scope: 'col', ...look[index] }, capital(name)),
  );
  const rows = table.rows.map(([name = '', ...cells]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      ...cells.map((cell, index) => element('td', { ...look[index + 1] }, cell)),
    ),
  );
  const head = element('thead', {}, element('tr', {}, ...heads));
  const body = element('table', { class: 'plain' }, head, element('tbody', {}, ...rows));
  return element('div', {}, element('p', {}, words), createScroller(body, words));
}

/** Figures stand at the right, words at the left. */
function isOfFigures({ rows }: PlainTable, column: number): boolean {
  return rows.every((cells) => /^[\d.,\s%[\]–-]*$/.test(cells[column] ?? ''));
}

/** A table that is read and not sorted. */
import type { PlainTable } from '../program-models.ts';
import { capital } from '../format.ts';
import { element } from './element.ts';

/** `words`: what it shows, as its caption. Undefined without a table. */
export function createPlainTable(table: PlainTable | undefined, words: string): HTMLElement | undefined {
  if (table === undefined) return undefined;
  const heads = table.head.map((name) => element('th', { scope: 'col' }, capital(name)));
  const rows = table.rows.map(([name = '', ...cells]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), ...cells.map((cell) => element('td', {}, cell))),
  );
  const head = element('thead', {}, element('tr', {}, ...heads));
  const body = element('table', { class: 'plain' }, head, element('tbody', {}, ...rows));
  const region = { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': words };
  return element('div', {}, element('p', {}, words), element('div', region, body));
}

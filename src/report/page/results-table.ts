/** All figures in a table whose headings sort it. Results without figures stay at its end, with their reason. */
import type { ResultHead, UnmeasuredResult } from '../../measure/measurement.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';
import type { Figure } from '../figures.ts';
import { bestBy, inOneUnit, intervalText, shownFigures } from '../figures.ts';
import { capital, statusText } from '../format.ts';
import { element } from './element.ts';
import { createScroller } from './scroller.ts';

type Direction = 'ascending' | 'descending';

/** What the table is sorted by; a name is sorted as text. */
interface Order<R> {
  readonly heading: HTMLTableCellElement;
  readonly compare: (one: R, other: R) => number;
}

interface WithFigures extends ResultHead {
  readonly status: 'measured';
}

/** A second, smaller line below a figure: its interval, where nothing else is said. */
export type Detail<R> = (figure: Figure<R>, result: R) => string | undefined;

export interface ResultsTable<R> {
  readonly results: readonly (R | UnmeasuredResult)[];
  readonly figures: readonly Figure<R>[];
  readonly detail?: Detail<R>;
  /** Whether a result can be the best; absent: all can. */
  readonly competes?: (result: R) => boolean;
  /** The table's, for assistive technology. */
  readonly name: string;
}

/** A figure with those that are the best by it, and cannot be told from one another. */
interface Column<R> extends Figure<R> {
  readonly best: ReadonlySet<R>;
}

/** Columns in which nothing was measured are left out; all memory of one is in one unit. */
export function createResultsTable<R extends WithFigures>({
  results,
  figures,
  detail = intervalText,
  competes = () => true,
  name,
}: ResultsTable<R>): HTMLElement {
  const measured = results.filter((result): result is R => result.status === 'measured');
  const columns = shownFigures(figures, results).map((figure): Column<R> => {
    const best = bestBy(figure, measured.filter(competes));
    return { ...inOneUnit(figure, measured), best: new Set(best ? [best.least, ...best.tied] : []) };
  });
  const body = element('tbody');
  const rows = new Map(results.map((result) => [result, createRow(result, columns, detail)]));
  const fill = (sorted: readonly R[]): void => {
    const rest = results.filter((result) => result.status !== 'measured');
    body.replaceChildren(...[...sorted, ...rest].map((result) => rows.get(result)!));
  };
  fill(measured);
  const head = element(
    'thead',
    {},
    createHeadings(columns, (order, direction) => {
      fill(sort(measured, order, direction));
    }),
  );
  const caption = element('caption', { class: 'hidden' }, `${name}; the buttons of the headings sort.`);
  const table = element('table', {}, caption, head, body);
  return element('div', {}, createScroller(table, name), createMeanings(columns));
}

/** What each figure is and how it was measured. */
function createMeanings(columns: readonly Pick<Figure<never>, 'heading' | 'meaning'>[]): HTMLElement {
  const items = columns.flatMap(({ heading, meaning }) => [
    element('dt', {}, capital(heading)),
    element('dd', {}, meaning),
  ]);
  const summary = element('summary', {}, 'How each figure was measured');
  const marks = element(
    'p',
    {},
    '“best” marks the least of a figure; “tied” all whose intervals overlap with that of the least: no two of them are ranked.',
  );
  return element('details', { class: 'meanings' }, summary, marks, element('dl', {}, ...items));
}

function sort<R>(results: readonly R[], order: Order<R>, direction: Direction): readonly R[] {
  const sign = direction === 'ascending' ? 1 : -1;
  return [...results].sort((one, other) => sign * order.compare(one, other));
}

function createHeadings<R extends ResultHead>(
  columns: readonly Figure<R>[],
  onSort: (order: Order<R>, direction: Direction) => void,
): HTMLTableRowElement {
  const byName: Order<R> = {
    heading: createHeading('System', '', 'The system and its variant.'),
    compare: (one, other) => nameOf(one).localeCompare(nameOf(other)),
  };
  const byFigure = columns.map((column): Order<R> => ({
    heading: createHeading(capital(column.heading), column.unit, column.meaning),
    compare: (one, other) => (column.value(one) ?? Infinity) - (column.value(other) ?? Infinity),
  }));
  const orders = [byName, ...byFigure];
  for (const order of orders)
    order.heading.querySelector('button')?.addEventListener('click', () => {
      const isAscending = order.heading.ariaSort === 'ascending';
      for (const { heading } of orders) heading.removeAttribute('aria-sort');
      const direction = isAscending ? 'descending' : 'ascending';
      order.heading.setAttribute('aria-sort', direction);
      onSort(order, direction);
    });
  return element('tr', {}, ...orders.map(({ heading }) => heading));
}

function createHeading(name: string, unit: string, meaning: string): HTMLTableCellElement {
  const arrow = element('span', { class: 'arrow', 'aria-hidden': 'true' });
  const label = element('span', { class: 'unit' }, unit, arrow);
  const button = element('button', { type: 'button', title: meaning }, name, label);
  return element('th', { scope: 'col' }, button);
}

function createRow<R extends WithFigures>(
  result: R | UnmeasuredResult,
  columns: readonly Column<R>[],
  detail: Detail<R>,
): HTMLTableRowElement {
  const name = [result.system, element('small', {}, result.variant)];
  const head = element('th', { scope: 'row' }, ...name);
  if (result.status !== 'measured') {
    const status = element('strong', {}, statusText(result.status));
    const words = element('div', {}, status, `: ${result.reason}`);
    const reason = element('td', { colspan: String(columns.length), class: 'reason' }, words);
    return element('tr', { class: 'unmeasured' }, head, reason);
  }
  const cells = columns.map((column) => createCell(column, result, detail(column, result)));
  return element('tr', isBaseLine(result) ? { class: 'base-line' } : {}, head, ...cells);
}

function createCell<R>(
  { value, text, best }: Column<R>,
  result: R,
  detail: string | undefined,
): HTMLTableCellElement {
  const found = value(result);
  const mark = best.size > 1 ? 'tied' : 'best';
  const more = [...(best.has(result) ? [mark] : []), ...(detail === undefined ? [] : [detail])];
  return element(
    'td',
    best.has(result) ? { class: 'best' } : {},
    found === undefined ? 'not measured' : text(found),
    more.length === 0 ? undefined : element('small', {}, more.join(' · ')),
  );
}

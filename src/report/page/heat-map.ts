/** The pages of a process by why they are its own: a cell each, and their totals. */
import type { SpaceRange } from '../../measure/address-space.ts';
import { pageSize } from '../../util/units.ts';
import { inUnit, memoryUnitOf } from '../format.ts';
import { createChoice } from './choice.ts';
import { describeChart, element } from './element.ts';
import { createFigure } from './figure.ts';
import type { CellOrder } from './heat-layout.ts';
import { layOutCells, privatePages, totalsOf } from './heat-layout.ts';
import { looks, states } from './states.ts';
import { rectangle, svg } from './svg.ts';

/** Pixels from one cell to the next: the more pages, the smaller. */
const pitches = [12, 10, 8, 6, 5];
/** Beyond these pixels of height the next smaller one is taken. */
const fullHeight = 200;

export interface HeatMap {
  readonly figure: HTMLElement;
  readonly show: (ranges: readonly SpaceRange[], title: string) => void;
}

export function createHeatMap(): HeatMap {
  let shown: readonly SpaceRange[] = [];
  let title = '';
  let order: CellOrder = 'reason';
  const orders = { reason: 'by reason', address: 'by address' } as const;
  const choice = createChoice('Order', orders, order, (chosen) => {
    order = chosen;
    redraw();
  });
  const totals = element('div', { class: 'totals' });
  const { figure, redraw } = createFigure({
    name: 'pages',
    draw: (width) => drawCells(shown, width, order, title),
    choices: [choice],
    caption: ['A cell is a page of 4 KiB in memory; pages that are mapped and not in memory have none.'],
  });
  figure.append(totals);
  return {
    figure,
    show(ranges, nextTitle) {
      [shown, title] = [ranges, nextTitle];
      totals.replaceChildren(createTotals(ranges));
      redraw();
    },
  };
}

function drawCells(ranges: readonly SpaceRange[], width: number, order: CellOrder, title: string): Element {
  const pitch = choosePitch(ranges, width);
  const cells = layOutCells(ranges, Math.max(1, Math.floor(width / pitch)), order);
  const height = ((cells.at(-1)?.row ?? 0) + 1) * pitch;
  const chart = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
  for (const state of states) {
    const parts = cells
      .filter((each) => each.state === state)
      .map(({ row, column, cells: count }) =>
        rectangle(column * pitch, row * pitch, count * pitch - 1, pitch - 1),
      );
    if (parts.length > 0) chart.append(svg('path', { d: parts.join(''), fill: looks[state].colour }));
  }
  describeChart(chart, title, 'The totals are in the table below.');
  return chart;
}

function choosePitch(ranges: readonly SpaceRange[], width: number): number {
  const pages = totalsOf(ranges).reduce((sum, each) => sum + (each.state === 'absent' ? 0 : each.pages), 0);
  const fits = (pitch: number): boolean => Math.ceil(pages / Math.floor(width / pitch)) * pitch <= fullHeight;
  return pitches.find(fits) ?? pitches.at(-1)!;
}

function createTotals(ranges: readonly SpaceRange[]): HTMLElement {
  const totals = totalsOf(ranges);
  const kbOf = (pages: number): number => (pages * pageSize) / 1024;
  const unit = memoryUnitOf(totals.map(({ pages }) => kbOf(pages)));
  const amount = (pages: number): readonly HTMLElement[] => [
    element('td', {}, pages.toLocaleString('en')),
    element('td', {}, inUnit(kbOf(pages), unit)),
  ];
  const rows = totals.map(({ state, pages }) => {
    const swatch = element('i', { class: 'swatch', 'aria-hidden': 'true' });
    swatch.style.background = looks[state].colour;
    return element('tr', {}, element('th', { scope: 'row' }, swatch, looks[state].words), ...amount(pages));
  });
  const sum = element('tr', { class: 'sum' }, element('th', { scope: 'row' }, 'private in all'));
  sum.append(...amount(privatePages(totals)));
  const heads = ['What the pages are', 'Pages', `Memory, ${unit.name}`].map((head) =>
    element('th', { scope: 'col' }, head),
  );
  const head = element('thead', {}, element('tr', {}, ...heads));
  return element('table', { class: 'plain' }, head, element('tbody', {}, ...rows, sum));
}

/** A view of an address space as a drawing: modules, their protection, and the states of all pages. */
import type { PageState } from '../../measure/address-space.ts';
import { describeChart } from './element.ts';
import type { MapState } from './space-actions.ts';
import { ownersOf, toColumns } from './space-layout.ts';
import { looks, states } from './states.ts';
import { rectangle, svg } from './svg.ts';

/** Tops and heights in pixels, from above. */
const rows = {
  names: { top: 4, height: 20 },
  protection: { top: 27, height: 7 },
  pages: { top: 37, height: 70 },
  addresses: { top: 110, height: 18 },
};
const height = 130;
const characterWidth = 6.4;

export interface SpaceDrawing extends MapState {
  /** Pixels. */
  readonly width: number;
  readonly title: string;
}

export function drawSpace(drawing: SpaceDrawing): SVGSVGElement {
  const { width, title } = drawing;
  const chart = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
  chart.append(...owners(drawing), ...protections(drawing), ...pages(drawing));
  chart.append(...addresses(drawing), ...selection(drawing));
  describeChart(chart, title, 'Arrow keys move from range to range; what each is stands below the map.');
  return chart;
}

type ToPixel = (position: number) => number;

function pixelsOf({ view, width }: SpaceDrawing): ToPixel {
  const scale = width / (view.to - view.from);
  return (position) => Math.min(width, Math.max(0, (position - view.from) * scale));
}

/** Names where they have room; every second one is darker, so that neighbours can be told apart. */
function owners(drawing: SpaceDrawing): readonly SVGElement[] {
  const toPixel = pixelsOf(drawing);
  const { top, height: tall } = rows.names;
  return ownersOf(drawing.layout).flatMap(({ name, from, to }, index) => {
    const [left, right] = [toPixel(from), toPixel(to)];
    if (right - left < 0.4) return [];
    const box = svg('rect', {
      x: left,
      y: top,
      width: right - left,
      height: tall,
      class: index % 2 === 0 ? 'owner' : 'owner other',
    });
    const room = Math.floor((right - left - 6) / characterWidth);
    if (room < 4) return [box];
    const text = name.length > room ? `${name.slice(0, room - 1)}…` : name;
    return [box, svg('text', { x: left + 4, y: top + 14, class: 'owner-name' }, text)];
  });
}

const protectionClasses: readonly (readonly [RegExp, string])[] = [
  [/^..x/, 'executable'],
  [/^.w/, 'writable'],
  [/^r/, 'readable'],
  [/^/, 'closed'],
];

function protections(drawing: SpaceDrawing): readonly SVGElement[] {
  const toPixel = pixelsOf(drawing);
  const paths = new Map<string, string>();
  for (const { range, from, to } of drawing.layout.ranges) {
    const [left, right] = [toPixel(from), toPixel(to)];
    const kind = protectionClasses.find(([pattern]) => pattern.test(range.protection))![1];
    const part = rectangle(left, rows.protection.top, right - left, rows.protection.height);
    if (right > left) paths.set(kind, (paths.get(kind) ?? '') + part);
  }
  return [...paths].map(([kind, d]) => svg('path', { d, class: `protection ${kind}` }));
}

/** One path a state: in each column of pixels the states are stacked by how many of its pages they have. */
function pages({ layout, view, width }: SpaceDrawing): readonly SVGElement[] {
  const { top, height: tall } = rows.pages;
  const paths = new Map<PageState, string>();
  for (const { from, to, parts } of toColumns(layout, view, Math.round(width))) {
    let bottom = top + tall;
    for (const state of states) {
      const part = parts.find((each) => each.state === state)?.part ?? 0;
      if (part === 0) continue;
      bottom -= part * tall;
      paths.set(state, (paths.get(state) ?? '') + rectangle(from, bottom, to - from, part * tall));
    }
  }
  return [...paths].map(([state, d]) => svg('path', { d, fill: looks[state].colour }));
}

/** Where memory goes on after a gap, as far as there is room. */
function addresses(drawing: SpaceDrawing): readonly SVGElement[] {
  const toPixel = pixelsOf(drawing);
  const { ranges, gaps } = drawing.layout;
  const begins = new Set([0, ...gaps.map(({ to }) => to)]);
  let free = 0;
  return ranges.flatMap(({ range, from, to }) => {
    const x = toPixel(from);
    const text = range.start.toString(16);
    const isSeen = to > drawing.view.from && from >= drawing.view.from;
    const fits = x >= free && x + text.length * characterWidth < drawing.width;
    if (!begins.has(from) || !isSeen || !fits) return [];
    free = x + text.length * characterWidth + 10;
    const { top } = rows.addresses;
    const tick = svg('path', { d: `M${x} ${top}v5`, class: 'tick' });
    return [tick, svg('text', { x, y: top + 16, class: 'address' }, text)];
  });
}

function selection(drawing: SpaceDrawing): readonly SVGElement[] {
  const { selected } = drawing;
  if (selected === undefined) return [];
  const toPixel = pixelsOf(drawing);
  const [left, right] = [toPixel(selected.from), toPixel(selected.to)];
  if (right <= left) return [];
  const [x, width] = [left - 1, Math.max(3, right - left + 2)];
  return [svg('rect', { x, y: 2, width, height: rows.addresses.top - 3, class: 'selection' })];
}

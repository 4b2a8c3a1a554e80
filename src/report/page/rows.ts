/** What plots with one row a system share: the room of a row and where its name stands. */
import * as Plot from '@observablehq/plot';
import { widestText } from './text-width.ts';

/** Below this width names stand above their rows, and only the marks that matter most get a label in the scatter plot. */
export const narrowWidth = 560;

const isNarrow = (width: number): boolean => width < narrowWidth;

/** Pixels of a row, its name included. */
export const rowHeight = (width: number): number => (isNarrow(width) ? 42 : 28);
/** Pixels to the left of the rows: as many as the longest name takes. */
export function rowMargin(rows: readonly { readonly name: string }[], width: number): number {
  return isNarrow(width) ? 8 : widestText(rows.map(({ name }) => name)) + nameGap + 4;
}
/** Pixels to the right of the bars, for what stands at their ends. */
export const endMargin = (labels: readonly string[]): number => widestText(labels) + 10;
/** Between a name and its row. */
const nameGap = 10;
/** The part of a row that stays free. */
export const rowPadding = (width: number): number => (isNarrow(width) ? 0.55 : 0.3);

/** Names to the left of the rows, or above them where the page is narrow. */
export function nameLayer(rows: readonly { readonly name: string }[], width: number): Plot.Markish {
  const place = isNarrow(width)
    ? ({ frameAnchor: 'left', textAnchor: 'start', dy: -16 } as const)
    : ({ frameAnchor: 'left', textAnchor: 'end', dx: -nameGap } as const);
  return Plot.text(rows, { y: 'name', text: 'name', fill: 'currentColor', ...place });
}

/**
 * Axes as marks: each tick has its number. An axis that Plot makes by itself leaves out the numbers of some ticks where the scale is
 * logarithmic, whatever format it is given, and sets its title so low that the descenders are cut.
 */
import * as Plot from '@observablehq/plot';
import type { Axis } from './axis.ts';
import { plainNumber } from './axis.ts';

/** Pixels below a plot that its axis takes. */
export const belowPlot = 44;
/** From the frame to the middle of the title. */
const titleOffset = 38;

/** The grid of an axis across, its numbers, and its title at the right end. */
export function axisAcross({ ticks }: Axis, label: string): Plot.Markish[] {
  const axis = Plot.axisX(ticks, { text: plainNumber, label, labelOffset: titleOffset, labelArrow: 'none' });
  return [Plot.gridX(ticks), axis];
}

/** The grid of an upright axis, its numbers, and its title at the top. */
export function axisUpright({ ticks }: Axis, label: string): Plot.Markish[] {
  return [Plot.gridY(ticks), Plot.axisY(ticks, { text: plainNumber, label, labelArrow: 'none' })];
}

/** The scale of an axis whose marks stand among the others. */
export function scaleOf({ type, domain }: Axis): Plot.ScaleOptions {
  return { type, domain, axis: null };
}

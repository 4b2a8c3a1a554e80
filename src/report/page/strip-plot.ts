/**
 * Every timed run as a thin line, one strip a system, with the median and its interval: what the medians rest on. Where an interval
 * begins left of the end of the fastest one's, the two are not ranked: such strips have the full colour, and a line shows that end.
 */
import * as Plot from '@observablehq/plot';
import type { MeasuredProgram } from '../../measure/measurement.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';
import type { TimedResult } from '../conclusion.ts';
import { findWinners, isTimed } from '../conclusion.ts';
import { formatMs } from '../format.ts';
import type { ScaleKind } from './axis.ts';
import { fitAxis } from './axis.ts';
import { axisAcross, belowPlot, scaleOf } from './axis-marks.ts';
import { describeChart } from './element.ts';
import { nameLayer, rowHeight, rowMargin, rowPadding } from './rows.ts';

interface Strip {
  readonly name: string;
  readonly colour: string;
  /** Of its interval: strong for the fastest, and for all that cannot be told from it. */
  readonly strength: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The plot at a width in pixels; only for a measurement with timed results. The fastest is at the top. */
export function createStripPlot(program: MeasuredProgram, width: number, scale: ScaleKind): Element {
  const timed = program.results.filter(isTimed);
  const { fastest, asFast } = findWinners(program);
  const best = new Set([fastest, ...asFast]);
  const stripOf = (result: TimedResult): Strip => toStrip(result, best.has(result));
  const strips = timed.map(stripOf).sort((one, other) => one.median - other.median);
  const runs = timed.flatMap((result) => result.samplesMs.map((ms) => ({ ms, ...stripOf(result) })));
  const axis = fitAxis(
    runs.map(({ ms }) => ms),
    scale,
    width / 90,
  );
  const plot = Plot.plot({
    width,
    height: strips.length * rowHeight(width) + 60,
    marginLeft: rowMargin(strips, width),
    marginRight: 24,
    marginTop: 12,
    marginBottom: belowPlot,
    x: scaleOf(axis),
    y: { domain: strips.map(({ name }) => name), axis: null, padding: rowPadding(width) },
    marks: [
      ...axisAcross(axis, 'start-up of each run, ms →'),
      Plot.tickX(runs, { x: 'ms', y: 'name', stroke: 'colour', strokeOpacity: 0.35 }),
      ...summary(strips),
      endOfFastest(fastest),
      nameLayer(strips, width),
    ],
  });
  const title = 'Start-up of every timed run, by system';
  describeChart(plot, title, strips.map(({ name, median }) => `${name}: ${formatMs(median)}`).join('; '));
  return plot;
}

function endOfFastest(fastest: TimedResult | undefined): Plot.Markish {
  const ends = fastest ? [fastest.startupMs.high] : [];
  return Plot.ruleX(ends, { stroke: 'var(--text)', strokeDasharray: '3 3', strokeOpacity: 0.7 });
}

function toStrip(result: TimedResult, isBest: boolean): Strip {
  const { median, low, high } = result.startupMs;
  const colour = isBaseLine(result) ? 'var(--base-line)' : 'var(--accent)';
  return { name: nameOf(result), colour, strength: isBest ? 0.5 : 0.15, median, low, high };
}

function summary(strips: readonly Strip[]): Plot.Markish[] {
  const middle = Plot.tickX(strips, { x: 'median', y: 'name', stroke: 'var(--text)', strokeWidth: 2.5 });
  const interval = Plot.barX(strips, {
    x1: 'low',
    x2: 'high',
    y: 'name',
    fill: 'colour',
    fillOpacity: 'strength',
  });
  return [interval, middle];
}

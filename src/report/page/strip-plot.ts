/** Every timed run as a thin line, one strip a system, with the median and its interval: what the medians rest on. */
import * as Plot from '@observablehq/plot';
import type { MeasuredProgram } from '../../measure/measurement.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';
import type { TimedResult } from '../conclusion.ts';
import { isTimed } from '../conclusion.ts';
import { formatMs } from '../format.ts';
import type { ScaleKind } from './axis.ts';
import { fitAxis } from './axis.ts';
import { describeChart } from './element.ts';
import { nameLayer, rowHeight, rowMargin, rowPadding } from './rows.ts';

interface Strip {
  readonly name: string;
  readonly colour: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The plot at a width in pixels; only for a measurement with timed results. The fastest is at the top. */
export function createStripPlot(program: MeasuredProgram, width: number, scale: ScaleKind): Element {
  const timed = program.results.filter(isTimed);
  const strips = timed.map(toStrip).sort((one, other) => one.median - other.median);
  const runs = timed.flatMap((result) => result.samplesMs.map((ms) => ({ ms, ...toStrip(result) })));
  const axis = fitAxis(
    runs.map(({ ms }) => ms),
    scale,
    width / 90,
  );
  const plot = Plot.plot({
    width,
    height: strips.length * rowHeight(width) + 60,
    marginLeft: rowMargin(width),
    marginRight: 12,
    marginTop: 12,
    marginBottom: 44,
    x: { ...axis, label: 'start-up of each run, ms →' },
    y: { domain: strips.map(({ name }) => name), axis: null, padding: rowPadding(width) },
    marks: [
      Plot.gridX({ ticks: axis.ticks }),
      Plot.tickX(runs, { x: 'ms', y: 'name', stroke: 'colour', strokeOpacity: 0.35 }),
      ...summary(strips),
      nameLayer(strips, width),
    ],
  });
  const title = 'Start-up of every timed run, by system';
  describeChart(plot, title, strips.map(({ name, median }) => `${name}: ${formatMs(median)}`).join('; '));
  return plot;
}

function toStrip(result: TimedResult): Strip {
  const { median, low, high } = result.startupMs;
  const colour = isBaseLine(result) ? 'var(--base-line)' : 'var(--accent)';
  return { name: nameOf(result), colour, median, low, high };
}

function summary(strips: readonly Strip[]): Plot.Markish[] {
  const middle = Plot.tickX(strips, { x: 'median', y: 'name', stroke: 'var(--text)', strokeWidth: 2.5 });
  const interval = Plot.barX(strips, { x1: 'low', x2: 'high', y: 'name', fill: 'colour', fillOpacity: 0.25 });
  return [interval, middle];
}

/** The main plot: private memory of a process against start-up, one mark a system. */
import * as Plot from '@observablehq/plot';
import type { MeasuredProgram } from '../../measure/measurement.ts';
import { conclude, isTimed } from '../conclusion.ts';
import { formatKb, formatMs } from '../format.ts';
import type { ScaleKind } from './axis.ts';
import { fitAxis } from './axis.ts';
import { describeChart } from './element.ts';
import { labelLayer } from './label-layer.ts';
import { narrowWidth } from './rows.ts';
import type { Mark } from './standing.ts';
import { toMarks } from './standing.ts';

/** The plot at a width in pixels; only for a measurement with timed results. */
export function createTradeOffPlot(program: MeasuredProgram, width: number, scale: ScaleKind): Element {
  const marks = toMarks(program.results.filter(isTimed));
  const times = marks.flatMap(({ result: { startupMs } }) => [startupMs.low, startupMs.high]);
  const x = fitAxis(times, scale, width / 90);
  const y = fitAxis(
    marks.map(({ kb }) => kb),
    scale,
    6,
  );
  const plot = Plot.plot({
    width,
    height: width < narrowWidth ? 380 : 460,
    marginLeft: 54,
    marginRight: 12,
    marginTop: 30,
    marginBottom: 44,
    x: { ...x, label: 'start-up, ms →' },
    y: { ...y, label: '↑ private memory of a process, kB' },
    marks: [Plot.gridX({ ticks: x.ticks }), Plot.gridY({ ticks: y.ticks }), ...layers(marks)],
  });
  const description = `${conclude(program)} All figures are in the table below.`;
  describeChart(plot, 'Private memory of a process against start-up time', description);
  return plot;
}

function layers(marks: readonly Mark[]): Plot.Markish[] {
  const interval = Plot.ruleY(marks, {
    y: 'kb',
    x1: ({ result }: Mark) => result.startupMs.low,
    x2: ({ result }: Mark) => result.startupMs.high,
    stroke: colourOf,
    strokeWidth: 2,
    strokeOpacity: 0.6,
  });
  const dot = Plot.dot(marks, {
    x: 'ms',
    y: 'kb',
    r: 5.5,
    symbol: ({ standing }: Mark) => (standing === 'base line' ? 'square' : 'circle'),
    stroke: colourOf,
    fill: (mark: Mark) => (mark.standing === 'beaten' ? 'var(--surface)' : colourOf(mark)),
    strokeWidth: 2,
    title: describeMark,
    tip: true,
  });
  return [interval, labelLayer(marks), dot];
}

function colourOf({ standing }: Mark): string {
  return standing === 'base line' ? 'var(--base-line)' : 'var(--accent)';
}

function describeMark({ name, result: { startupMs, privateKb } }: Mark): string {
  const interval = `${formatMs(startupMs.low)} to ${formatMs(startupMs.high)}`;
  return `${name}\n${formatMs(startupMs.median)} (${interval})\n${formatKb(privateKb)} private`;
}

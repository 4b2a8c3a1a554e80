/** The memory of all programs together, one stacked bar a system: each page frame once, by who of the processes maps it. */
import * as Plot from '@observablehq/plot';
import type { FrameSharing, MeasuredWorkload, Measurement } from '../../measure/measurement.ts';
import { nameOf } from '../../measure/measurement.ts';
import { concludeWorkload } from '../conclusion.ts';
import { formatKb } from '../format.ts';
import { fitAxis } from './axis.ts';
import { describeChart } from './element.ts';
import { nameLayer, rowHeight, rowMargin, rowPadding } from './rows.ts';

interface Segment {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly colour: string;
}

interface Bar {
  readonly name: string;
  readonly total: number;
  readonly label: string;
  readonly segments: readonly Segment[];
}

/** What a bar is made of, from its left; `style` names its colour in the style sheet. */
export const frameKinds = [
  { field: 'oneProcessKb', style: 'one-process', text: 'mapped by one process' },
  { field: 'oneProgramKb', style: 'one-program', text: 'shared by processes of one program' },
  { field: 'severalProgramsKb', style: 'several-programs', text: 'shared by several programs' },
] as const;

/** Whether there is more to draw than private memory. */
export function hasFrames(results: readonly MeasuredWorkload[]): boolean {
  return results.every(({ frames }) => frames !== undefined);
}

/** The plot at a width in pixels. The most frugal is at the top. */
export function createWorkloadPlot(
  measurement: Measurement,
  results: readonly MeasuredWorkload[],
  width: number,
): Element {
  const bars = results
    .map((result) => (hasFrames(results) && result.frames ? stack(result, result.frames) : plain(result)))
    .sort((one, other) => one.total - other.total);
  const axis = fitAxis(
    bars.map(({ total }) => total),
    'linear',
    width / 120,
  );
  const segments = bars.flatMap((bar) => bar.segments);
  const plot = Plot.plot({
    width,
    height: bars.length * rowHeight(width) + 60,
    marginLeft: rowMargin(width),
    marginRight: 70,
    marginTop: 12,
    marginBottom: 44,
    x: { ...axis, label: 'memory of all processes, kB →' },
    y: { domain: bars.map(({ name }) => name), axis: null, padding: rowPadding(width) },
    marks: [
      Plot.gridX({ ticks: axis.ticks }),
      Plot.barX(segments, { x1: 'from', x2: 'to', y: 'name', fill: 'colour' }),
      Plot.text(bars, { x: 'total', y: 'name', text: 'label', textAnchor: 'start', dx: 6 }),
      nameLayer(bars, width),
    ],
  });
  describeChart(plot, 'Memory of all programs together, by system', concludeWorkload(measurement));
  return plot;
}

function stack(result: MeasuredWorkload, frames: FrameSharing): Bar {
  const name = nameOf(result);
  let total = 0;
  const segments = frameKinds.map(({ field, style }): Segment => {
    const from = total;
    total += frames[field];
    return { name, from, to: total, colour: `var(--${style})` };
  });
  return { name, total, label: formatKb(total), segments };
}

function plain(result: MeasuredWorkload): Bar {
  const [name, total] = [nameOf(result), result.privateKb];
  const segments = [{ name, from: 0, to: total, colour: 'var(--one-process)' }];
  return { name, total, label: formatKb(total), segments };
}

/** The memory of all programs together, one stacked bar a system: each page frame once, by who of the processes maps it. */
import * as Plot from '@observablehq/plot';
import type { FrameSharing, MeasuredWorkload, Measurement } from '../../measure/measurement.ts';
import { nameOf } from '../../measure/measurement.ts';
import { concludeWorkload, findWorkloadWinners } from '../conclusion.ts';
import type { MemoryUnit } from '../format.ts';
import { inUnit, memoryUnitOf } from '../format.ts';
import { fitAxis } from './axis.ts';
import { axisAcross, belowPlot, scaleOf } from './axis-marks.ts';
import { describeChart } from './element.ts';
import { endMargin, nameLayer, rowHeight, rowMargin, rowPadding } from './rows.ts';

interface Segment {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly colour: string;
}

interface Bar {
  readonly result: MeasuredWorkload;
  readonly name: string;
  readonly total: number;
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
  const totals = bars.map(({ total }) => total);
  const unit = memoryUnitOf(totals);
  const labels = labelsOf(measurement, bars, unit);
  const axis = fitAxis(
    totals.map((kb) => kb / unit.kb),
    'linear',
    width / 120,
  );
  const segments = bars.flatMap((bar) => bar.segments);
  const scaled = (kb: number): number => kb / unit.kb;
  const plot = Plot.plot({
    width,
    height: bars.length * rowHeight(width) + 60,
    marginLeft: rowMargin(bars, width),
    marginRight: endMargin(labels),
    marginTop: 12,
    marginBottom: belowPlot,
    x: scaleOf(axis),
    y: { domain: bars.map(({ name }) => name), axis: null, padding: rowPadding(width) },
    marks: [
      ...axisAcross(axis, `memory of all processes, ${unit.name} →`),
      Plot.barX(segments, {
        x1: ({ from }: Segment) => scaled(from),
        x2: ({ to }: Segment) => scaled(to),
        y: 'name',
        fill: 'colour',
      }),
      Plot.text(bars, {
        x: ({ total }: Bar) => scaled(total),
        y: 'name',
        text: labels,
        textAnchor: 'start',
        dx: 6,
      }),
      nameLayer(bars, width),
    ],
  });
  describeChart(plot, 'Memory of all programs together, by system', concludeWorkload(measurement));
  return plot;
}

/** The figures, and which of them cannot be told from the least. */
function labelsOf(measurement: Measurement, bars: readonly Bar[], unit: MemoryUnit): readonly string[] {
  const { mostFrugal, asFrugal, leastPss, asLean } = findWorkloadWinners(measurement);
  const [least, tied] = hasFrames(bars.map(({ result }) => result))
    ? [leastPss, asLean]
    : [mostFrugal, asFrugal];
  return bars.map(({ result, total }) => {
    const figure = inUnit(total, unit);
    if (tied.length === 0 || (result !== least && !tied.includes(result))) return figure;
    return `${figure}, tied`;
  });
}

function stack(result: MeasuredWorkload, frames: FrameSharing): Bar {
  const name = nameOf(result);
  let total = 0;
  const segments = frameKinds.map(({ field, style }): Segment => {
    const from = total;
    total += frames[field];
    return { name, from, to: total, colour: `var(--${style})` };
  });
  return { result, name, total, segments };
}

function plain(result: MeasuredWorkload): Bar {
  const [name, total] = [nameOf(result), result.privateKb];
  const segments = [{ name, from: 0, to: total, colour: 'var(--one-process)' }];
  return { result, name, total, segments };
}

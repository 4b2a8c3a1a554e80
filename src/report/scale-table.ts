/** What the growth lab found, for a terminal: for each axis and figure the systems by the sizes, and the law. At most 80 columns. */
import type { Machine, Warning } from '../measure/measurement.ts';
import { nameOf } from '../measure/measurement.ts';
import type {
  MeasuredPoint,
  ScaleAxis,
  ScaleFigure,
  ScaleMeasurement,
  ScalePoint,
  ScaleSeries,
} from '../measure/scale-measurement.ts';
import { scaleAxes, scaleFigures } from '../measure/scale-measurement.ts';
import type { Colors } from '../util/colors.ts';
import type { Look } from './text.ts';
import { uncoloured } from './text.ts';
import { compactKb, none, statusText, threeDigits, width, wrap } from './format.ts';
import { describeAxis, describeLaw, figureWords, hasFigure } from './scale-words.ts';

const formats: Readonly<Record<ScaleFigure, (value: number) => string>> = {
  startupMs: threeDigits,
  privateKb: compactKb,
  pssKb: compactKb,
  mappings: (value) => value.toFixed(0),
  bindMs: threeDigits,
  updateMs: threeDigits,
};

/** Lines, the last one ended, too. */
export function renderScale(measurement: ScaleMeasurement, { colors }: Look = uncoloured): string {
  const paragraphs = [
    renderHead(measurement, colors),
    ...scaleAxes.flatMap((axis) => renderAxis(measurement, axis, colors)),
    measurement.warnings.map((warning) => colors.yellow(describeWarning(warning))).join('\n'),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

function renderHead({ settings, machine }: ScaleMeasurement, colors: Colors): string {
  const facts =
    `medians of ${settings.runs} interleaved runs, memory at the end. A law is the fitted growth: constant + coefficient × size^exponent; ` +
    'none where fewer than three sizes have the figure, no clear one where its growth cannot be told from 0';
  return `${colors.bold('How the costs grow')}\n${wrap(facts, '')}\n${wrap(describeMachine(machine), '')}`;
}

function describeMachine({ kernel, cpu, cores, libc }: Machine): string {
  return `${kernel}, ${libc}, ${cpu}, ${cores} cores`;
}

function describeWarning({ kind, message }: Omit<Warning, 'program'>): string {
  return wrap(`${kind}: ${message}`);
}

function renderAxis(measurement: ScaleMeasurement, axis: ScaleAxis, colors: Colors): readonly string[] {
  const series = measurement.series.filter((one) => one.axis === axis);
  const figures = scaleFigures.filter((figure) => series.some((one) => hasFigure(one, figure)));
  if (series.length === 0) return [];
  return [
    `${colors.bold(`As ${axis} grow`)}\n${wrap(describeAxis(measurement, axis), '')}`,
    ...figures.map((figure) => renderFigure(series, figure, measurement.settings.sizes[axis], colors)),
    renderReasons(series),
  ];
}

/** A line a system; two where names or sizes need more room than a law leaves. */
function renderFigure(
  series: readonly ScaleSeries[],
  figure: ScaleFigure,
  sizes: readonly number[],
  colors: Colors,
): string {
  const [title, format] = [figureWords[figure], formats[figure]];
  const rows = series.map((one) => ({
    name: shortName(one, series),
    cells: one.points.map((point) => renderCell(point, figure, format)),
    law: describeLaw(one, figure),
  }));
  const isNarrow = rows.every((row) => row.name.length <= nameWidth && narrowRow(row).length <= width);
  const lines = isNarrow ? rows.map(narrowRow) : rows.flatMap(wideRow);
  const heads = alignCells(sizes.map((size) => size.toLocaleString('en')));
  const head = isNarrow ? `${''.padEnd(nameWidth)}${heads}  law` : heads;
  return [colors.bold(title), colors.dim(head), ...lines.map((line) => line.trimEnd())].join('\n');
}

interface Row {
  readonly name: string;
  readonly cells: readonly string[];
  readonly law: string;
}

const nameWidth = 16;
const cellWidth = 8;

function narrowRow({ name, cells, law }: Row): string {
  return `${name.padEnd(nameWidth)}${alignCells(cells)}  ${law}`;
}

function wideRow({ name, cells, law }: Row): readonly string[] {
  return [`${name}  ${law}`, alignCells(cells)];
}

function alignCells(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(cellWidth)).join('');
}

/** The system alone where only one variant of it is there. */
function shortName(one: ScaleSeries, all: readonly ScaleSeries[]): string {
  return all.filter(({ system }) => system === one.system).length > 1 ? nameOf(one) : one.system;
}

function renderCell(point: ScalePoint, figure: ScaleFigure, format: (value: number) => string): string {
  if (point.status !== 'measured') return statusText(point.status);
  return formatFigure(point, figure, format);
}

function formatFigure(
  { figures }: MeasuredPoint,
  figure: ScaleFigure,
  format: (value: number) => string,
): string {
  const estimate = figures[figure];
  return estimate === undefined ? none : format(estimate.median);
}

/** What has no figures, and why; one reason for many sizes is said once. */
function renderReasons(series: readonly ScaleSeries[]): string {
  const lines = series.flatMap((one) => {
    const byReason = new Map<string, number[]>();
    for (const point of one.points) {
      if (point.status === 'measured') continue;
      const what = `${statusText(point.status)}: ${point.reason}`;
      byReason.set(what, [...(byReason.get(what) ?? []), point.at]);
    }
    return [...byReason].map(([what, sizes]) => wrap(`${nameOf(one)} at ${sizes.join(', ')} ${what}`));
  });
  return lines.join('\n');
}

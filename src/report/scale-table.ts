/** What the growth lab found, for a terminal: for each axis and figure the systems by the sizes, and the law. At most 80 columns. */
import type { Machine, Warning } from '../measure/measurement.ts';
import { nameOf } from '../measure/measurement.ts';
import type {
  MeasuredPoint,
  ScaleAxis,
  ScaleFigure,
  ScaleFit,
  ScaleMeasurement,
  ScalePoint,
  ScaleSeries,
} from '../measure/scale-measurement.ts';
import { scaleAxes, scaleFigures } from '../measure/scale-measurement.ts';
import type { Colors } from '../util/colors.ts';
import { compactKb, significantDigits, statusText, threeDigits, width, wrap } from './format.ts';
import { none } from './table.ts';

interface Wording {
  readonly title: string;
  readonly format: (value: number) => string;
}

const wordings: Readonly<Record<ScaleFigure, Wording>> = {
  startupMs: { title: 'start-up, ms', format: threeDigits },
  privateKb: { title: 'private memory, kB', format: compactKb },
  pssKb: { title: 'proportional set size, kB', format: compactKb },
  mappings: { title: 'mappings', format: (value) => value.toFixed(0) },
  bindMs: { title: 'bind, ms', format: threeDigits },
  updateMs: { title: 'update of a store after a library was replaced, ms', format: threeDigits },
};

/** Lines, the last one ended, too. */
export function renderScale(measurement: ScaleMeasurement, colors: Colors): string {
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
    'none where fewer than three sizes have the figure';
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

function hasFigure({ points }: ScaleSeries, figure: ScaleFigure): boolean {
  return points.some((point) => point.status === 'measured' && point.figures[figure] !== undefined);
}

function describeAxis({ settings: { fixed } }: ScaleMeasurement, axis: ScaleAxis): string {
  const { modules, imports, processes } = fixed;
  const descriptions: Readonly<Record<ScaleAxis, string>> = {
    modules: `${imports} imports of each module; memory of one of ${processes} processes`,
    imports: `of each of ${modules} modules, and as many functions; memory of one of ${processes} processes`,
    processes: `of ${modules} modules with ${imports} imports each, alive at once: sums; start-up of all, one after the other`,
  };
  return descriptions[axis];
}

/** A line a system; two where names or sizes need more room than a law leaves. */
function renderFigure(
  series: readonly ScaleSeries[],
  figure: ScaleFigure,
  sizes: readonly number[],
  colors: Colors,
): string {
  const { title, format } = wordings[figure];
  const rows = series.map((one) => ({
    name: shortName(one, series),
    cells: one.points.map((point) => renderCell(point, figure, format)),
    law: describeLaw(
      one.fits.find((fit) => fit.figure === figure),
      one.axis,
    ),
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

function formatFigure({ figures }: MeasuredPoint, figure: ScaleFigure, format: Wording['format']): string {
  const estimate = figures[figure];
  return estimate === undefined ? none : format(estimate.median);
}

/** An exponent that explains less than this part of the variance is none. */
const clear = 0.8;

/** `0.31 + 0.021 × modules`, `62.0 + 5.00 × modules^1.20`; the constant alone where nothing grows. */
export function describeLaw(fit: ScaleFit | undefined, axis: ScaleAxis): string {
  if (fit === undefined) return none;
  const { constant, coefficient, exponent, explained } = fit;
  if (exponent === 0) return signed(constant);
  if (exponent !== 1 && explained < clear) return 'no clear law';
  const power = exponent === 1 ? axis : `${axis}^${exponent.toFixed(2)}`;
  const growth = `${significantDigits(coefficient)} × ${power}`;
  if (constant === 0) return coefficient < 0 ? `−${growth}` : growth;
  return `${signed(constant)} ${coefficient < 0 ? '−' : '+'} ${growth}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : ''}${significantDigits(value)}`;
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

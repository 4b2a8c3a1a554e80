/** What the growth lab found, in words: its axes, figures and laws. Shared by the terminal and the page. */
import type {
  ScaleAxis,
  ScaleFigure,
  ScaleFit,
  ScaleMeasurement,
  ScaleSeries,
} from '../measure/scale-measurement.ts';
import { none, significantDigits } from './format.ts';

export const figureWords: Readonly<Record<ScaleFigure, string>> = {
  startupMs: 'start-up, ms',
  privateKb: 'private memory, kB',
  pssKb: 'proportional set size, kB',
  mappings: 'mappings',
  bindMs: 'bind, ms',
  updateMs: 'update of a store after a library was replaced, ms',
};

export function hasFigure({ points }: ScaleSeries, figure: ScaleFigure): boolean {
  return points.some((point) => point.status === 'measured' && point.figures[figure] !== undefined);
}

/** What the other sizes are while one grows. */
export function describeAxis({ settings: { fixed } }: ScaleMeasurement, axis: ScaleAxis): string {
  const { modules, imports, processes } = fixed;
  const descriptions: Readonly<Record<ScaleAxis, string>> = {
    modules: `${imports} imports of each module; memory of one of ${processes} processes`,
    imports: `of each of ${modules} modules, and as many functions; memory of one of ${processes} processes`,
    processes: `of ${modules} modules with ${imports} imports each, alive at once: sums; start-up of all, one after the other`,
  };
  return descriptions[axis];
}

/** An exponent that explains less than this part of the variance is none. */
const clear = 0.8;

/** Whether a law says enough of its figures to be shown: a constant or a linear one was chosen for being close to them. */
export function isClear({ exponent, explained }: ScaleFit): boolean {
  return exponent === 0 || exponent === 1 || explained >= clear;
}

/** `0.31 + 0.021 × modules`, `62.0 + 5.00 × modules^1.20`; the constant alone where nothing grows. */
export function describeLaw(fit: ScaleFit | undefined, axis: ScaleAxis): string {
  if (fit === undefined) return none;
  const { constant, coefficient, exponent } = fit;
  if (exponent === 0) return signed(constant);
  if (!isClear(fit)) return 'no clear law';
  const power = exponent === 1 ? axis : `${axis}^${exponent.toFixed(2)}`;
  const growth = `${significantDigits(coefficient)} × ${power}`;
  if (constant === 0) return coefficient < 0 ? `−${growth}` : growth;
  return `${signed(constant)} ${coefficient < 0 ? '−' : '+'} ${growth}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : ''}${significantDigits(value)}`;
}

/** What the growth lab found, in words: its axes, figures and laws. Shared by the terminal and the page. */
import type {
  ScaleAxis,
  ScaleFigure,
  ScaleFit,
  ScaleMeasurement,
  ScaleSeries,
} from '../measure/scale-measurement.ts';
import { slopeInterval } from '../measure/scale/slope-interval.ts';
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

/**
 * Whether a law says enough of its figures to be shown. A constant was chosen for being close to them. Growth is shown where it is
 * certain: the coefficient's interval lies above 0; and where a searched exponent explains them. Nothing here costs less the more
 * of it there is: a coefficient below 0 is noise.
 */
export function isClear(fit: ScaleFit, points: ScaleSeries['points']): boolean {
  const { figure, exponent, explained } = fit;
  if (exponent === 0) return true;
  if (exponent !== 1 && explained < clear) return false;
  const samples = points.flatMap((point) => {
    const estimate = point.status === 'measured' ? point.figures[figure] : undefined;
    return estimate === undefined ? [] : [{ at: point.at, estimate }];
  });
  return slopeInterval(fit, samples).low > 0;
}

type LawOf = Pick<ScaleSeries, 'axis' | 'points' | 'fits'>;

/** `0.31 + 0.021 × modules`, `62.0 + 5.00 × modules^1.20`; the constant alone where nothing grows. */
export function describeLaw({ axis, points, fits }: LawOf, figure: ScaleFigure): string {
  const fit = fits.find((one) => one.figure === figure);
  if (fit === undefined) return none;
  const { constant, coefficient, exponent } = fit;
  if (exponent === 0) return signed(constant);
  if (!isClear(fit, points)) return 'no clear law';
  const power = exponent === 1 ? axis : `${axis}^${exponent.toFixed(2)}`;
  const growth = `${significantDigits(coefficient)} × ${power}`;
  return constant === 0 ? growth : `${signed(constant)} + ${growth}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : ''}${significantDigits(value)}`;
}

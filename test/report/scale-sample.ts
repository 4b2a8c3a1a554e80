/** A made-up measurement of growth with every kind of point, for the tests of its reports. Its figures are no results. */
import type {
  MeasuredPoint,
  ScaleAxis,
  ScaleMeasurement,
  ScalePoint,
  ScaleSeries,
} from '../../src/measure/scale-measurement.ts';
import { fitGrowth } from '../../src/measure/scale/growth-law.ts';
import { sample } from './sample.ts';

const sizes = [1, 10, 100, 1000];

/** Exactly what a law says. */
export function pointsAlong(at: readonly number[], valueOf: (size: number) => number): MeasuredPoint[] {
  return at.map((size) => {
    const value = valueOf(size);
    const estimate = { median: value, low: value * 0.99, high: value * 1.01 };
    return { at: size, status: 'measured', figures: { startupMs: estimate, privateKb: estimate } };
  });
}

function seriesOf(
  axis: ScaleAxis,
  system: string,
  variant: string,
  points: readonly ScalePoint[],
): ScaleSeries {
  const samples = points.flatMap((point) =>
    point.status === 'measured' ? [{ at: point.at, estimate: point.figures.startupMs! }] : [],
  );
  const fits = samples.length < 3 ? [] : [{ figure: 'startupMs' as const, ...fitGrowth(samples) }];
  return { axis, system, variant, points, fits };
}

const full: ScalePoint = { at: 1000, status: 'refused', reason: 'the window of 27 bits is full' };

export const scaleSample: ScaleMeasurement = {
  format: 'linkonce-scale',
  version: 1,
  date: sample.date,
  machine: sample.machine,
  settings: {
    runs: 20,
    sizes: { modules: sizes, imports: [], processes: [1, 10] },
    fixed: { modules: 10, imports: 20, processes: 4 },
  },
  series: [
    seriesOf(
      'modules',
      'got-plt',
      'lazy',
      pointsAlong(sizes, (size) => 0.6 + 0.03 * size ** 1.2),
    ),
    seriesOf(
      'modules',
      'rebase-page-in',
      'whole',
      pointsAlong(sizes, (size) => 0.3 + 0.0105 * size),
    ),
    seriesOf('modules', 'offset-table', 'mask', [...pointsAlong(sizes.slice(0, 3), () => 0.71), full]),
    seriesOf('processes', 'got-plt', 'lazy', [
      ...pointsAlong([1], () => 176_116),
      { at: 10, status: 'not-run', reason: 'they would need 978 MB of 977 MB of memory' },
    ]),
  ],
  warnings: [{ kind: 'few-runs', message: '2 runs of each: the intervals mean little below 10' }],
};

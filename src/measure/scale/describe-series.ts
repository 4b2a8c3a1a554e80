/** From what the trials found to the series of the measurement: a point a size, and the law of each figure. */
import { totalMemory } from '../combine-memory.ts';
import type { Estimate } from '../measurement.ts';
import type {
  MeasuredPoint,
  ScaleAxis,
  ScaleFigure,
  ScaleFit,
  ScalePoint,
  ScaleSeries,
  ScaleSettings,
} from '../scale-measurement.ts';
import { scaleAxes, scaleFigures } from '../scale-measurement.ts';
import { estimateMedian } from '../statistics.ts';
import { fitGrowth } from './growth-law.ts';
import { isSpecimenOf } from './specimens.ts';
import type { Trial } from './trial.ts';

/** Fewer sizes than these say nothing about a law. */
const enoughSizes = 3;

/** One an axis that was looked at, and system and variant. */
export function describeSeries(
  trials: readonly Trial[],
  { sizes, fixed }: ScaleSettings,
): readonly ScaleSeries[] {
  const names = [...new Set(trials.map(({ name }) => name))];
  const axes = scaleAxes.filter((axis) => sizes[axis].length > 0);
  return axes.flatMap((axis) =>
    names.map((name) => {
      const own = trials.filter((trial) => trial.name === name);
      const { system, variant } = own[0]!.choice;
      const points = sizes[axis].map((at) => {
        const trial = own.find(({ specimen }) => isSpecimenOf(specimen, axis, at, fixed))!;
        return axis === 'processes' ? pointOfMany(trial, at) : pointOfOne(trial, axis, at, fixed.processes);
      });
      return { axis, system: system.id, variant, points, fits: fitAll(points) };
    }),
  );
}

type Figures = MeasuredPoint['figures'];

/** Figures of one process, of those that were alive at once. */
function pointOfOne({ findings }: Trial, axis: ScaleAxis, at: number, processes: number): ScalePoint {
  const memory = findings.memory.get(processes);
  if (findings.obstacle) return { at, ...findings.obstacle };
  if (memory === undefined || 'status' in memory) return { at, ...(memory ?? unknown) };
  return measured(at, {
    startupMs: estimateMedian(findings.startupMs),
    privateKb: estimateMedian(memory.map(({ privateKb }) => privateKb)),
    pssKb: estimateMedian(memory.map(({ pssKb }) => pssKb)),
    mappings: estimateMedian(memory.map(({ mappings }) => mappings)),
    ...estimateAny('bindMs', findings.bindMs),
    ...(axis === 'modules' && estimateAny('updateMs', findings.updateMs)),
  });
}

/** Sums over all processes. */
function pointOfMany({ findings }: Trial, at: number): ScalePoint {
  const memory = findings.memory.get(at);
  if (findings.obstacle) return { at, ...findings.obstacle };
  if (memory === undefined || 'status' in memory) return { at, ...(memory ?? unknown) };
  const { privateKb, pssKb, mappings } = totalMemory(memory);
  return measured(at, {
    startupMs: estimateMedian(sumsOf(findings.sequenceMs, at)),
    privateKb: single(privateKb),
    pssKb: single(pssKb),
    mappings: single(mappings),
  });
}

const unknown = { status: 'not-run', reason: 'was not weighed' } as const;

function measured(at: number, figures: Figures): ScalePoint {
  return { at, status: 'measured', figures };
}

function estimateAny(figure: ScaleFigure, samples: readonly number[]): Figures {
  return samples.length === 0 ? {} : { [figure]: estimateMedian(samples) };
}

/** A figure that there is one sample of. */
function single(value: number): Estimate {
  return { median: value, low: value, high: value };
}

/** Of so many samples each, one group behind the other; what is left over belongs to none. */
export function sumsOf(samples: readonly number[], size: number): readonly number[] {
  return Array.from({ length: Math.floor(samples.length / size) }, (_, group) =>
    samples.slice(group * size, (group + 1) * size).reduce((sum, ms) => sum + ms, 0),
  );
}

function fitAll(points: readonly ScalePoint[]): readonly ScaleFit[] {
  return scaleFigures.flatMap((figure) => {
    const samples = points.flatMap((point) => {
      const estimate = point.status === 'measured' ? point.figures[figure] : undefined;
      return estimate === undefined ? [] : [{ at: point.at, estimate }];
    });
    return samples.length < enoughSizes ? [] : [{ figure, ...fitGrowth(samples) }];
  });
}

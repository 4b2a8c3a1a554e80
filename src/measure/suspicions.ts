/** Looks at raw samples as a careful person would, and says what makes the figures doubtful. One warning a kind. */
import type { Estimate, Warning } from './measurement.ts';
import { median, robustDeviation } from './statistics.ts';

/** One system's start-up. */
export interface TimedSeries {
  readonly name: string;
  /** In the order of the rounds. */
  readonly samplesMs: readonly number[];
  readonly estimate: Estimate;
}

const enoughRuns = 10;
/** An interval wider than this part of the median is wide. */
const wide = 0.1;
/** A sample so many standard deviations (robust ones) from the median is far off, if it is also `farFactor` times it. */
const farDeviations = 10;
const farFactor = 1.25;
/** More far-off samples than this part of all are no accident. */
const manyOutliers = 0.05;

/** The warning `few-runs` where the series, of whatever programs, are that short. */
export function findFewRuns(series: readonly TimedSeries[]): readonly Warning[] {
  const runs = Math.min(...series.map(({ samplesMs }) => samplesMs.length));
  const message = `${runs} runs of each: the intervals mean little below 10`;
  return runs < enoughRuns ? [{ kind: 'few-runs', message }] : [];
}

/** The warnings `noisy` and `first-run` that the series deserve; `describe` says which ones it is about. */
export function findSuspicions<T extends TimedSeries>(
  series: readonly T[],
  describe: (suspects: readonly T[]) => string = namesOf,
): readonly Warning[] {
  const warnings: Warning[] = [];
  const noisy = series.filter((one) => isWide(one) || hasOutliers(one));
  if (noisy.length > 0) {
    const why = 'interval wider than 10 % of the median, or many runs far off; was the machine busy?';
    warnings.push({ kind: 'noisy', message: `${describe(noisy)}: ${why}` });
  }
  const first = series.filter(({ samplesMs }) => isFar(samplesMs[0] ?? 0, samplesMs));
  if (first.length > 0)
    warnings.push({
      kind: 'first-run',
      message: `${describe(first)}: the first timed run is far from the others`,
    });
  return warnings;
}

function isWide({ estimate: { median: middle, low, high } }: TimedSeries): boolean {
  return high - low > wide * middle;
}

function hasOutliers({ samplesMs }: TimedSeries): boolean {
  return samplesMs.filter((sample) => isFar(sample, samplesMs)).length > manyOutliers * samplesMs.length;
}

function isFar(sample: number, samples: readonly number[]): boolean {
  const center = median(samples);
  const distance = Math.abs(sample - center);
  return distance > farDeviations * robustDeviation(samples) && distance > (farFactor - 1) * center;
}

function namesOf(series: readonly TimedSeries[]): string {
  return series.map(({ name }) => name).join(', ');
}

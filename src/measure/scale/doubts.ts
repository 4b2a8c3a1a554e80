/** What makes the times of the growth lab doubtful: as in a comparison, but counted, for there are hundreds of series. */
import type { ScaleMeasurement } from '../scale-measurement.ts';
import { estimateMedian } from '../statistics.ts';
import type { TimedSeries } from '../suspicions.ts';
import { findFewRuns, findSuspicions } from '../suspicions.ts';
import type { Trial } from './trial.ts';
import { labelOf, soundTrials } from './trial.ts';

interface LabelledSeries extends TimedSeries {
  /** Of its specimen. */
  readonly label: string;
}

export function findDoubts(trials: readonly Trial[]): ScaleMeasurement['warnings'] {
  const series = soundTrials(trials).map(({ name, specimen, findings: { startupMs: samplesMs } }) => ({
    name,
    label: labelOf(specimen),
    samplesMs,
    estimate: estimateMedian(samplesMs),
  }));
  return [...findSuspicions(series, (suspects) => countByLabel(suspects, series)), ...findFewRuns(series)];
}

/** `modules 10, imports 20: 3 of 12 systems; …` */
function countByLabel(suspects: readonly LabelledSeries[], all: readonly LabelledSeries[]): string {
  const labels = [...new Set(suspects.map(({ label }) => label))];
  const count = (list: readonly LabelledSeries[], wanted: string): number =>
    list.filter(({ label }) => label === wanted).length;
  return labels
    .map((label) => `${label}: ${count(suspects, label)} of ${count(all, label)} systems`)
    .join('; ');
}

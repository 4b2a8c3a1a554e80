/** What makes the times of the growth lab doubtful: as in a comparison, for each specimen by itself. */
import type { ScaleMeasurement } from '../scale-measurement.ts';
import { estimateMedian } from '../statistics.ts';
import type { TimedSeries } from '../suspicions.ts';
import { findFewRuns, findSuspicions } from '../suspicions.ts';
import type { Specimen, Trial } from './trial.ts';
import { labelOf, soundTrials } from './trial.ts';

export function findDoubts(
  specimens: readonly Specimen[],
  trials: readonly Trial[],
): ScaleMeasurement['warnings'] {
  const series = specimens.map((specimen) =>
    timedSeries(trials.filter((trial) => trial.specimen === specimen)),
  );
  const own = specimens.flatMap((specimen, index) =>
    findSuspicions(series[index]!).map(({ kind, message }) => ({
      kind,
      message: `${labelOf(specimen)}: ${message}`,
    })),
  );
  return [...own, ...findFewRuns(series.flat())];
}

function timedSeries(trials: readonly Trial[]): readonly TimedSeries[] {
  return soundTrials(trials).map(({ name, findings: { startupMs: samplesMs } }) => ({
    name,
    samplesMs,
    estimate: estimateMedian(samplesMs),
  }));
}

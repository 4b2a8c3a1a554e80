/** All that needs processes of the bound programs: whether they compute what they should, what they take, how fast they start. */
import type { ScaleSettings } from '../scale-measurement.ts';
import { checkResult } from './bind-trial.ts';
import { isSpecimenOf } from './specimens.ts';
import type { RunOptions } from './time-trials.ts';
import { timeTrials } from './time-trials.ts';
import type { Specimen, Trial } from './trial.ts';
import { labelOf, soundTrials } from './trial.ts';
import { weighTrial } from './weigh-trial.ts';

/** Adds to each trial what its processes show, or why it has no figures. */
export async function runTrials(
  trials: readonly Trial[],
  settings: ScaleSettings,
  options: RunOptions,
): Promise<void> {
  const { limitMs, onProgress } = options;
  for (const trial of soundTrials(trials)) {
    onProgress(`checking ${labelOf(trial.specimen)}: ${trial.name}`);
    await checkResult(trial, limitMs);
  }
  for (const trial of soundTrials(trials)) {
    onProgress(`weighing ${labelOf(trial.specimen)}: ${trial.name}`);
    await weighTrial(trial, countsOf(trial.specimen, settings), limitMs);
  }
  const timed = soundTrials(trials);
  const times = await timeTrials(timed, settings.runs, options);
  timed.forEach(({ findings }, index) => (findings.startupMs = times[index]!));
  await timeSequences(trials, settings, options);
}

/** How many processes of a specimen are to be alive at once, ascending. */
function countsOf(specimen: Specimen, { sizes, fixed }: ScaleSettings): readonly number[] {
  const isFixed = isSpecimenOf(specimen, 'processes', fixed.processes, fixed);
  const counts = new Set([fixed.processes, ...(isFixed ? sizes.processes : [])]);
  return [...counts].sort((a, b) => a - b);
}

/** As many runs one after the other as there are to be processes. */
async function timeSequences(
  trials: readonly Trial[],
  { sizes, fixed }: ScaleSettings,
  options: RunOptions,
): Promise<void> {
  const rounds = Math.max(0, ...sizes.processes);
  if (rounds === 0) return;
  const timed = soundTrials(trials).filter(({ specimen }) =>
    isSpecimenOf(specimen, 'processes', rounds, fixed),
  );
  const times = await timeTrials(timed, rounds, options);
  timed.forEach(({ findings }, index) => (findings.sequenceMs = times[index]!));
}

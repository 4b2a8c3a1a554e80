/**
 * The growth lab: binds synthetic sets of several sizes under each chosen system, times all of them in interleaved rounds, weighs
 * their processes, and has stores bring them up to date.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withPlaces } from '../../pagein/with-places.ts';
import { buildReplacement } from '../../synthetic/build-replacement.ts';
import { LinkonceError } from '../../util/errors.ts';
import type { Choice } from '../build-all.ts';
import type { OnProgress } from '../course.ts';
import { settleFiles } from '../files.ts';
import { readMachine } from '../machine.ts';
import type { ScaleMeasurement, ScaleSettings } from '../scale-measurement.ts';
import { bindTrial, checkResult } from './bind-trial.ts';
import { describeSeries } from './describe-series.ts';
import { findDoubts } from './doubts.ts';
import type { Opener } from './specimens.ts';
import { describeSpecimen, keyOf, listDescriptions, prepareSpecimen } from './specimens.ts';
import { timeTrials } from './time-trials.ts';
import { timeUpdates } from './time-updates.ts';
import type { Specimen, Trial } from './trial.ts';
import { labelOf, soundTrials } from './trial.ts';
import { weighTrial } from './weigh-trial.ts';

export interface ScaleLabSettings extends ScaleSettings {
  readonly choices: readonly Choice[];
}

/** What the steps of the lab share. */
interface Lab {
  readonly settings: ScaleLabSettings;
  readonly specimens: readonly Specimen[];
  readonly trials: readonly Trial[];
  /** Where files may be written. */
  readonly directory: string;
  readonly onProgress: OnProgress;
}

/** A run, or the processes of a weighing, that take longer are ended. */
const limitMs = 60_000;

/**
 * Measures all sizes. What a system refuses, or goes wrong at, is a point like any other. Throws LinkonceError where there is no working
 * C compiler.
 */
export async function measureScale(
  settings: ScaleLabSettings,
  open: Opener,
  onProgress: OnProgress,
): Promise<ScaleMeasurement> {
  const date = new Date().toISOString();
  const directory = await mkdtemp(path.join(tmpdir(), 'linkonce-scale-'));
  try {
    const specimens = await prepareAll(settings, open, onProgress);
    const trials = await bindAll(specimens, settings.choices, directory, onProgress);
    const lab: Lab = { settings, specimens, trials, directory, onProgress };
    await withPlaces(
      soundTrials(trials).map(({ bound }) => bound.image),
      () => runAll(lab),
    );
    await updateAll(lab);
    return describe(lab, date);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepareAll(
  settings: ScaleSettings,
  open: Opener,
  onProgress: OnProgress,
): Promise<readonly Specimen[]> {
  const specimens: Specimen[] = [];
  for (const description of listDescriptions(settings)) {
    onProgress(`compiling ${description.modules} modules of ${description.imports} imports`);
    const specimen = await prepareSpecimen(description, open);
    settleFiles([specimen.set.executable, ...specimen.set.libraries]);
    specimens.push(specimen);
  }
  return specimens;
}

async function bindAll(
  specimens: readonly Specimen[],
  choices: readonly Choice[],
  directory: string,
  onProgress: OnProgress,
): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  for (const specimen of specimens)
    for (const choice of choices) {
      onProgress(`binding ${labelOf(specimen)}: ${choice.system.id} ${choice.variant}`);
      trials.push(await bindTrial(specimen, choice, directory));
    }
  return trials;
}

/** All that needs processes of the bound programs. */
async function runAll(lab: Lab): Promise<void> {
  const { trials, settings, onProgress } = lab;
  for (const trial of soundTrials(trials)) {
    onProgress(`checking ${labelOf(trial.specimen)}: ${trial.name}`);
    await checkResult(trial, limitMs);
  }
  for (const trial of soundTrials(trials)) {
    onProgress(`weighing ${labelOf(trial.specimen)}: ${trial.name}`);
    await weighTrial(trial, countsOf(trial.specimen, settings), limitMs);
  }
  const timed = soundTrials(trials);
  const times = await timeTrials(timed, { rounds: settings.runs, limitMs, onProgress });
  timed.forEach(({ findings }, index) => (findings.startupMs = times[index]!));
  await timeSequences(lab);
}

/** How many processes of a specimen are to be alive at once, ascending. */
function countsOf({ description }: Specimen, { sizes, fixed }: ScaleSettings): readonly number[] {
  const isFixed = keyOf(description) === keyOf(describeSpecimen('processes', fixed.processes, fixed));
  const counts = new Set([fixed.processes, ...(isFixed ? sizes.processes : [])]);
  return [...counts].sort((a, b) => a - b);
}

/** As many runs one after the other as there are to be processes. */
async function timeSequences({ trials, settings, onProgress }: Lab): Promise<void> {
  const { sizes, fixed } = settings;
  const rounds = Math.max(0, ...sizes.processes);
  if (rounds === 0) return;
  const key = keyOf(describeSpecimen('processes', rounds, fixed));
  const timed = soundTrials(trials).filter(({ specimen }) => keyOf(specimen.description) === key);
  const times = await timeTrials(timed, { rounds, limitMs, onProgress });
  timed.forEach(({ findings }, index) => (findings.sequenceMs = times[index]!));
}

/** Of the sizes of the axis `modules`. */
async function updateAll({ trials, settings, directory, onProgress }: Lab): Promise<void> {
  const { sizes, fixed } = settings;
  const keys = new Set(sizes.modules.map((size) => keyOf(describeSpecimen('modules', size, fixed))));
  for (const trial of soundTrials(trials)) {
    const { specimen, findings, name } = trial;
    if (!keys.has(keyOf(specimen.description))) continue;
    onProgress(`updating ${labelOf(specimen)}: ${name}`);
    try {
      const replacement = await buildReplacement(specimen.description);
      findings.updateMs = await timeUpdates(trial, replacement, directory, limitMs);
    } catch (error) {
      if (!(error instanceof LinkonceError)) throw error;
      findings.obstacle = { status: 'failed', reason: error.message };
    }
  }
}

function describe({ settings, specimens, trials }: Lab, date: string): ScaleMeasurement {
  const { choices: _, ...told } = settings;
  return {
    format: 'linkonce-scale',
    version: 1,
    date,
    machine: readMachine(),
    settings: told,
    series: describeSeries(trials, told),
    warnings: findDoubts(specimens, trials),
  };
}

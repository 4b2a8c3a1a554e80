/**
 * The growth lab: binds synthetic sets of several sizes under each chosen system, times all of them in interleaved rounds, weighs
 * their processes, and has stores bring them up to date.
 */
import { rm } from 'node:fs/promises';
import { withPlaces } from '../../pagein/with-places.ts';
import { buildReplacement } from '../../synthetic/build-replacement.ts';
import type { Choice } from '../build-all.ts';
import type { OnProgress } from '../course.ts';
import { settleFiles } from '../files.ts';
import { readMachine } from '../machine.ts';
import type { ScaleMeasurement, ScaleSettings } from '../scale-measurement.ts';
import { scaleVersion } from '../scale-measurement.ts';
import { bindTrial } from './bind-trial.ts';
import { describeSeries } from './describe-series.ts';
import { findDoubts } from './doubts.ts';
import { runTrials } from './run-trials.ts';
import type { Opener } from './specimens.ts';
import { isSpecimenOf, listDescriptions, prepareSpecimen } from './specimens.ts';
import { timeUpdates } from './time-updates.ts';
import type { Specimen, Trial } from './trial.ts';
import { labelOf, soundTrials } from './trial.ts';
import { attemptLater } from '../../util/outcome.ts';
import { makeTemporaryFolder } from '../../util/temporary-folder.ts';

export interface ScaleLabSettings extends ScaleSettings {
  readonly choices: readonly Choice[];
}

/** What the steps of the lab share. */
interface Lab {
  readonly settings: ScaleLabSettings;
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
  const directory = makeTemporaryFolder('scale');
  try {
    const specimens = await prepareAll(settings, open, onProgress);
    const trials = await bindAll(specimens, settings.choices, directory, onProgress);
    const lab: Lab = { settings, trials, directory, onProgress };
    await withPlaces(
      soundTrials(trials).map(({ bound }) => bound.image),
      () => runTrials(trials, settings, { limitMs, onProgress }),
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

/** Of the sizes of the axis `modules`. */
async function updateAll({ trials, settings, directory, onProgress }: Lab): Promise<void> {
  const { sizes, fixed } = settings;
  const isAsked = ({ specimen }: Trial): boolean =>
    sizes.modules.some((size) => isSpecimenOf(specimen, 'modules', size, fixed));
  for (const trial of soundTrials(trials).filter(isAsked)) {
    const { specimen, findings, name } = trial;
    onProgress(`updating ${labelOf(specimen)}: ${name}`);
    const times = await attemptLater(async () => {
      const replacement = await buildReplacement(specimen.description);
      return timeUpdates(trial, replacement, directory, limitMs);
    });
    if ('value' in times) findings.updateMs = times.value;
    else findings.obstacle = { status: 'failed', reason: times.failure.message };
  }
}

function describe({ settings, trials }: Lab, date: string): ScaleMeasurement {
  const { choices: _, ...told } = settings;
  return {
    format: 'linkonce-scale',
    version: scaleVersion,
    date,
    machine: readMachine(),
    settings: told,
    series: describeSeries(trials, told),
    warnings: findDoubts(trials),
  };
}

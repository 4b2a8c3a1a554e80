/** The phases of a program's start under several systems: each is built, and started under a tracer, interleaved. */
import { rm } from 'node:fs/promises';
import type { Subject } from '../bind/subject.ts';
import { withPlaces } from '../pagein/with-places.ts';
import { LinkonceError } from '../util/errors.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import type { Choice } from './build-all.ts';
import { buildAll } from './build-all.ts';
import type { OnProgress } from './course.ts';
import { settleFiles } from './files.ts';
import { nameOf } from './measurement.ts';
import type { PhasedResult, StartPhases, TracedStart } from './start-phases.ts';
import type { CompareSubject, ImageSubject } from './subject.ts';
import { imagesOf } from './subject.ts';
import { traceStart } from './trace-start.ts';

export interface PhaseSettings {
  readonly arguments: readonly string[];
  /** Of the program under each system, after one that does not count. */
  readonly starts: number;
  readonly choices: readonly Choice[];
}

/** A start that takes longer is ended. */
const limitMs = 30_000;

/** What a system refuses, or a start that goes wrong, is a result like any other. */
export async function measurePhases(
  subject: Subject,
  settings: PhaseSettings,
  onProgress: OnProgress,
): Promise<StartPhases> {
  const date = new Date().toISOString();
  const directory = makeTemporaryFolder('phases');
  try {
    const built: CompareSubject[] = [];
    for (const choice of settings.choices) {
      onProgress(`building ${choice.system.id} ${choice.variant}`);
      built.push(...(await buildAll(choice, [subject], directory)));
    }
    for (const one of built) if ('image' in one) settleFiles(one.image.files);
    const results = await withPlaces(imagesOf(built), () => traceAll(subject, built, settings, onProgress));
    return { path: subject.program.invocation, arguments: settings.arguments, date, results };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What was found of one so far. */
interface Found {
  readonly starts: TracedStart[];
  failure?: string;
}

async function traceAll(
  subject: Subject,
  built: readonly CompareSubject[],
  settings: PhaseSettings,
  onProgress: OnProgress,
): Promise<readonly PhasedResult[]> {
  const able = built.filter((one): one is ImageSubject => 'image' in one);
  const found = new Map(able.map((one): [ImageSubject, Found] => [one, { starts: [] }]));
  for (let round = -1; round < settings.starts; round++) {
    onProgress(round < 0 ? 'warming up' : `round ${String(round + 1)} of ${String(settings.starts)}`);
    for (const [one, own] of found) await traceOne(subject, one, settings, round, own);
  }
  return built.map((one): PhasedResult => {
    const { system, variant } = one;
    if (!('image' in one)) return one;
    const { failure, starts } = found.get(one)!;
    return failure === undefined
      ? { system, variant, status: 'measured', starts }
      : { system, variant, status: 'failed', reason: failure };
  });
}

async function traceOne(
  { program }: Subject,
  one: ImageSubject,
  { arguments: words }: PhaseSettings,
  round: number,
  found: Found,
): Promise<void> {
  if (found.failure !== undefined) return;
  const { image } = one;
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const environment = { ...Object.fromEntries(own), ...image.environment };
  const command = { file: image.file, argv: [program.invocation, ...words], environment };
  try {
    const start = await traceStart({ command, program, image, limitMs });
    if (round >= 0) found.starts.push(start);
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    found.failure = `${nameOf(one)}: ${error.message}`;
  }
}

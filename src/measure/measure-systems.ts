/** Builds programs under each chosen system, in a directory that is removed afterwards, and measures the images. */
import { rm } from 'node:fs/promises';
import type { Subject } from '../bind/subject.ts';
import { librarySizes } from '../models/library-sizes.ts';
import { withPlaces } from '../pagein/with-places.ts';
import type { Choice } from './build-all.ts';
import { buildAll } from './build-all.ts';
import { compareImages } from './compare.ts';
import type { OnProgress } from './course.ts';
import { stoppedReason } from './course.ts';
import type { Measurement } from './measurement.ts';
import type { CompareProgram, CompareSettings, CompareSubject } from './subject.ts';
import { imagesOf } from './subject.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';

/** A program with its arguments. Programs with one subject are built once. */
export interface MeasureRequest {
  readonly subject: Subject;
  readonly arguments: readonly string[];
  /** Alive at once when memory is looked at. */
  readonly processes: number;
}

export interface MeasureSettings extends Omit<CompareSettings, 'timed'> {
  readonly choices: readonly Choice[];
  /** Absent: timed, unless the moment is a number of seconds, as for programs that do not end by themselves. */
  readonly timed?: boolean;
}

/**
 * Measures programs under each choice, in their order. A system that refuses a program, or fails at it, is a result like
 * any other. Throws LinkonceError where a program itself cannot be executed.
 */
export async function measureSystems(
  requests: readonly MeasureRequest[],
  { choices, ...settings }: MeasureSettings,
  onProgress: OnProgress,
): Promise<Measurement> {
  const directory = makeTemporaryFolder('compare');
  try {
    const subjects = [...new Set(requests.map(({ subject }) => subject))];
    const built = new Map(subjects.map((subject) => [subject, [] as CompareSubject[]]));
    for (const [done, choice] of choices.entries()) {
      onProgress(`building ${choice.system.id} ${choice.variant}`, { done, of: choices.length });
      const outcomes = await buildUnlessStopped(choice, subjects, directory, settings.stop);
      subjects.forEach((subject, index) => built.get(subject)?.push(outcomes[index]!));
    }
    const programs = requests.map((request) => describe(request, built.get(request.subject) ?? []));
    const timed = settings.timed ?? typeof settings.moment !== 'number';
    return await withPlaces(imagesOf([...built.values()].flat()), () =>
      compareImages(programs, { ...settings, timed }, onProgress),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What a signal of the terminal met while it was captured counts for nothing. */
async function buildUnlessStopped(
  choice: Choice,
  subjects: readonly Subject[],
  directory: string,
  stop: AbortSignal | undefined,
): Promise<readonly CompareSubject[]> {
  const outcomes = stop?.aborted ? [] : await buildAll(choice, subjects, directory);
  if (!stop?.aborted) return outcomes;
  const head = { system: choice.system.id, variant: choice.variant };
  return subjects.map(() => ({ ...head, status: 'not-run', reason: stoppedReason }));
}

function describe(request: MeasureRequest, subjects: readonly CompareSubject[]): CompareProgram {
  const { invocation, modules, opened } = request.subject.program;
  return {
    path: invocation,
    arguments: request.arguments,
    modules: modules.length,
    librariesKb: librarySizes(request.subject.program).map(({ bytes }) => bytes / 1024),
    ...(opened.length > 0 && { opened: opened.length }),
    processes: request.processes,
    subjects,
  };
}

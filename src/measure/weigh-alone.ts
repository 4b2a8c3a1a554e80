/** The memory of each candidate: processes of it alone are alive. What cannot be weighed becomes a failure. */
import { LinkonceError } from '../util/errors.ts';
import type { Candidate, Course, Job } from './course.ts';
import { healthy } from './course.ts';
import { isBaseLine } from './measurement.ts';
import type { Load, Weighing } from './memory.ts';
import { weighProcesses } from './memory.ts';

/** Weighs all that nothing has gone wrong with. */
export async function weighAlone(job: Job): Promise<void> {
  for (const course of job.courses) {
    for (const candidate of healthy(course)) await weighOne(course, candidate, job);
    await rejectHandedOver(course, job);
  }
}

/** What is weighed of a candidate. */
export function loadOf({ program }: Course, { command, image }: Candidate): Load {
  const entry = image.entry === undefined ? {} : { entry: image.entry };
  return { command, program: program.path, processes: program.processes, ...entry };
}

async function weighOne(course: Course, candidate: Candidate, job: Job): Promise<void> {
  const { weighings, failures } = course.findings;
  job.onProgress(`weighing ${course.program.path}: ${candidate.name}`);
  try {
    const settings = { ...job.settings, frames: true, space: true };
    weighings.set(candidate.name, await weighProcesses([loadOf(course, candidate)], settings));
  } catch (error) {
    if (!(error instanceof LinkonceError)) throw error;
    failures.set(candidate.name, error.message);
  }
}

/** A launcher that handed over to the platform's linker did not run its image: its figures would be that linker's. */
async function rejectHandedOver(
  { reference, candidates, findings, program }: Course,
  job: Job,
): Promise<void> {
  const { weighings, failures } = findings;
  const suspects = candidates.filter(({ name }) => executedAnother(weighings.get(name)));
  if (suspects.length === 0) return;
  const base = weighings.get(candidates.find(isBaseLine)?.name ?? '');
  const load = { command: reference, program: program.path, processes: 1 };
  if (executedAnother(base ?? (await weighProcesses([load], job.settings)))) return;
  for (const { name } of suspects) failures.set(name, handedOver);
}

export const handedOver = 'its launcher handed over to the platform’s linker (LINKONCE_DEBUG=1 says why)';

function executedAnother(weighing: Weighing | undefined): boolean {
  return weighing?.weights.some((weight) => weight.executedAnother) ?? false;
}

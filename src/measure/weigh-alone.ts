/** The memory of each candidate: processes of it alone are alive. What cannot be weighed becomes a failure. */
import type { Candidate, Course, Job } from './course.ts';
import { healthy } from './course.ts';
import { rejectHandedOver } from './handed-over.ts';
import { isBaseLine } from './measurement.ts';
import type { Load, Weighing } from './memory.ts';
import { weighProcesses } from './memory.ts';
import { attempt, runStep } from './run-step.ts';

/** Weighs all that nothing has gone wrong with. */
export async function weighAlone(job: Job): Promise<void> {
  for (const course of job.courses) {
    const candidates = healthy(course);
    for (const [done, candidate] of candidates.entries()) {
      job.onProgress(`weighing ${course.program.path}: ${candidate.name}`, { done, of: candidates.length });
      await weighOne(course, candidate, job);
    }
    await rejectAnother(course, job);
  }
}

/** What is weighed of a candidate. */
export function loadOf({ program }: Course, { command, image }: Candidate): Load {
  const entry = image.entry === undefined ? {} : { entry: image.entry };
  return { command, program: program.path, processes: program.processes, ...entry };
}

async function weighOne(course: Course, candidate: Candidate, job: Job): Promise<void> {
  const { weighings, failures } = course.findings;
  const { name } = candidate;
  const settings = { ...job.settings, frames: true, space: true };
  const found = await runStep(job, { step: 'alone', program: course.index, candidate: name }, () =>
    attempt(() => weighProcesses([loadOf(course, candidate)], settings)),
  );
  if (found === undefined) return;
  if ('value' in found) weighings.set(name, found.value);
  else failures.set(name, found.failure);
}

/** A launcher that handed over to the platform's linker did not run its image: its figures would be that linker's. */
async function rejectAnother(course: Course, job: Job): Promise<void> {
  const { candidates, findings } = course;
  const { weighings } = findings;
  const suspects = candidates.filter(({ name }) => executedAnother(weighings.get(name)));
  if (suspects.length === 0) return;
  const base = weighings.get(candidates.find(isBaseLine)?.name ?? '');
  if (executedAnother(base ?? (await weighReference(course, job)))) return;
  for (const { name, command } of suspects) rejectHandedOver(course, name, command);
}

/** Undefined where the run is stopped. Throws LinkonceError where the program itself cannot be weighed. */
async function weighReference(
  { index, reference, program }: Course,
  job: Job,
): Promise<Weighing | undefined> {
  const load = { command: reference, program: program.path, processes: 1 };
  const found = await runStep(job, { step: 'alone', program: index }, async () => ({
    value: await weighProcesses([load], job.settings),
  }));
  return found && 'value' in found ? found.value : undefined;
}

function executedAnother(weighing: Weighing | undefined): boolean {
  return weighing?.weights.some((weight) => weight.executedAnother) ?? false;
}

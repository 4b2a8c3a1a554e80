/**
 * The private pages of each candidate in a compressed swap. What cannot be paged out has no such figures, and is no failure of its
 * result: a warning says why.
 */
import { LinkonceError } from '../util/errors.ts';
import type { Candidate, Course, Job } from './course.ts';
import { healthy } from './course.ts';
import { endless } from './grow-all.ts';
import { whyHandedOver } from './handed-over.ts';
import type { CompressedMemory } from './measurement.ts';
import { pageOut } from './page-out.ts';
import { attempt, runStep } from './run-step.ts';
import { loadOf } from './weigh-alone.ts';

/** All candidates of all programs that were weighed, where it was asked for. */
export async function pageOutAll(job: Job): Promise<void> {
  if (!job.settings.zram) return;
  for (const course of job.courses) await pageOutCourse(course, job);
}

async function pageOutCourse(course: Course, job: Job): Promise<void> {
  const { findings, program } = course;
  const candidates = healthy(course).filter(({ name }) => findings.weighings.has(name));
  for (const [done, candidate] of candidates.entries()) {
    const { name } = candidate;
    job.onProgress(`paging out ${program.path}: ${name}`, { done, of: candidates.length });
    const guard = endless(findings.weighings.get(name)!);
    const key = { step: 'zram', program: course.index, candidate: name } as const;
    const found =
      guard === undefined
        ? await runStep(job, key, () => attempt(() => pageOutOne(course, candidate, job)))
        : { failure: guard };
    if (found === undefined) return;
    if ('value' in found) findings.compressed.set(name, found.value);
    else findings.warnings.push({ kind: 'zram', message: `${name}: ${found.failure}` });
  }
}

async function pageOutOne(
  course: Course,
  candidate: Candidate,
  { settings }: Job,
): Promise<CompressedMemory> {
  const { memory, executedAnother } = await pageOut(loadOf(course, candidate), settings);
  const alone = course.findings.weighings.get(candidate.name);
  if (executedAnother && !alone?.weights[0]?.executedAnother)
    throw new LinkonceError(whyHandedOver(candidate.command));
  return memory;
}

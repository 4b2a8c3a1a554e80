/** The memory of the whole workload: the processes of all programs under one system, alive at once. */
import { LinkonceError } from '../util/errors.ts';
import { totalMemory } from './combine-memory.ts';
import type { Candidate, Course, Job } from './course.ts';
import { healthy, stoppedReason } from './course.ts';
import { whyHandedOver } from './handed-over.ts';
import type { Attempt } from './journal.ts';
import type {
  MeasuredProgram,
  MeasuredWorkload,
  ResultHead,
  UnmeasuredResult,
  WorkloadProcess,
  WorkloadResult,
} from './measurement.ts';
import { nameOf } from './measurement.ts';
import type { Weighing } from './memory.ts';
import { weighProcesses } from './memory.ts';
import { attempt, runStep } from './run-step.ts';
import { loadOf } from './weigh-alone.ts';

export interface WorkloadFindings {
  /** One a system and variant. */
  readonly results: readonly WorkloadResult[];
  /** By the systems' names, of those that were weighed. */
  readonly weighings: ReadonlyMap<string, Weighing>;
}

/** A candidate that takes part. */
interface Part {
  /** Index of its program. */
  readonly program: number;
  readonly course: Course;
  readonly candidate: Candidate;
  readonly alone: Weighing;
}

/** Weighs all programs under each system; one that has no figures under a system is left out there. */
export async function weighTogether(
  job: Job,
  measured: readonly MeasuredProgram[],
): Promise<WorkloadFindings> {
  const weighings = new Map<string, Weighing>();
  const results: WorkloadResult[] = [];
  const heads = measured[0]?.results ?? [];
  for (const [index, head] of heads.entries()) {
    if (measured.length > 1)
      job.onProgress(`weighing all programs together: ${nameOf(head)}`, { done: index, of: heads.length });
    const alike = measured.flatMap(({ results: own }) => own[index] ?? []);
    const missing = alike.filter((result): result is UnmeasuredResult => result.status !== 'measured');
    const parts = partsOf(job, nameOf(head));
    if (parts.length === 0) results.push(noneOf(missing));
    else results.push(await weighParts(job, head, parts, weighings));
  }
  return { results, weighings };
}

function partsOf({ courses }: Job, name: string): readonly Part[] {
  return courses.flatMap((course, program) => {
    const candidate = healthy(course).find((one) => one.name === name);
    const alone = course.findings.weighings.get(name);
    return candidate && alone ? [{ program, course, candidate, alone }] : [];
  });
}

function noneOf(missing: readonly UnmeasuredResult[]): UnmeasuredResult {
  const first = missing[0]!;
  const alike = missing.every(({ status }) => status === first.status);
  if (missing.length === 1) return first;
  const { system, variant } = first;
  const reason = `no program has figures under this system; the first: ${first.reason}`;
  return { system, variant, status: alike ? first.status : 'failed', reason };
}

async function weighParts(
  job: Job,
  { system, variant }: ResultHead,
  parts: readonly Part[],
  weighings: Map<string, Weighing>,
): Promise<WorkloadResult> {
  const name = nameOf({ system, variant });
  const found = await weighOnce(job, name, parts);
  if (found === undefined) return { system, variant, status: 'not-run', reason: stoppedReason };
  if ('failure' in found) return { system, variant, status: 'failed', reason: found.failure };
  weighings.set(name, found.value);
  return { system, variant, ...describe(parts, found.value) };
}

/** The processes of one program have been weighed: nothing else would be alive with them. */
async function weighOnce(
  job: Job,
  name: string,
  parts: readonly Part[],
): Promise<Attempt<Weighing> | undefined> {
  if (parts.length === 1) return { value: parts[0]!.alone };
  return runStep(job, { step: 'together', candidate: name }, () => attempt(() => weighLoads(job, parts)));
}

async function weighLoads(job: Job, parts: readonly Part[]): Promise<Weighing> {
  const loads = parts.map(({ course, candidate }) => loadOf(course, candidate));
  const weighing = await weighProcesses(loads, { ...job.settings, frames: true });
  parts.forEach(({ alone, course, candidate }, index) => {
    if (weighing.weights[index]?.executedAnother && !alone.weights[0]?.executedAnother)
      throw new LinkonceError(
        `${course.program.path}: when all ran together, and not alone, ${whyHandedOver(candidate.command)}`,
      );
  });
  return weighing;
}

function describe(
  parts: readonly Part[],
  { weights, sharing }: Weighing,
): Omit<MeasuredWorkload, keyof ResultHead> {
  const memories = weights.flatMap(({ processes }, index) =>
    processes.map((memory) => ({ program: parts[index]!.program, ...memory })),
  );
  const processes = memories.map((memory, index): WorkloadProcess => {
    const frames = sharing?.processes[index];
    return { ...memory, ...(frames && { frames }) };
  });
  return {
    status: 'measured',
    programs: parts.map(({ program }) => program),
    ...totalMemory(memories),
    ...(sharing && { frames: sharing.total }),
    processes,
  };
}

/**
 * The memory of more and more processes of each candidate, alive at once. What cannot be weighed so ends the candidate's
 * growth, and is no failure of its result: a warning says why.
 */
import { readFileSync } from 'node:fs';
import { LinkonceError } from '../util/errors.ts';
import { totalMemory, typicalMemory } from './combine-memory.ts';
import type { Candidate, Course, Job } from './course.ts';
import { healthy } from './course.ts';
import { whyHandedOver } from './handed-over.ts';
import type { Attempt } from './journal.ts';
import type { GrowthPoint, ProcessMemory } from './measurement.ts';
import type { Weighing } from './memory.ts';
import { weighProcesses } from './memory.ts';
import { attempt, runStep } from './run-step.ts';
import { loadOf } from './weigh-alone.ts';

/** Of the memory that the machine can give without swapping, the processes get at most this part. */
const largestPart = 0.5;

/** All candidates of all programs that were weighed. */
export async function growAll(job: Job): Promise<void> {
  if (job.settings.counts.length === 0) return;
  for (const course of job.courses) {
    const ends = new Map<string, string[]>();
    const candidates = healthy(course).filter(({ name }) => course.findings.weighings.has(name));
    for (const [done, candidate] of candidates.entries()) {
      job.onProgress(`weighing more of ${course.program.path}: ${candidate.name}`, {
        done,
        of: candidates.length,
      });
      const end = await grow(course, candidate, job);
      if (end !== undefined) ends.set(end, [...(ends.get(end) ?? []), candidate.name]);
    }
    for (const [why, names] of ends)
      course.findings.warnings.push({ kind: 'growth', message: `${names.join(', ')}: ${why}` });
  }
}

/** Why it ended before the last count; undefined where it did not, or the run is stopped. */
async function grow(course: Course, candidate: Candidate, job: Job): Promise<string | undefined> {
  const { findings, program } = course;
  const alone = findings.weighings.get(candidate.name)!;
  const points: GrowthPoint[] = [];
  findings.growth.set(candidate.name, points);
  const { counts, limitMs, moment } = job.settings;
  const clock = new GrowthClock(typeof moment === 'number' ? Infinity : limitMs);
  for (const processes of counts) {
    const guard = endless(alone) ?? tooLarge(alone, processes) ?? clock.tooLong(processes);
    if (guard !== undefined) return guard;
    const found =
      processes === program.processes
        ? { value: sumOf(alone) }
        : await clock.time(processes, () => growthStep(course, candidate, processes, job));
    if (found === undefined) return undefined;
    if ('failure' in found) return `${processes} processes: ${found.failure}`;
    points.push({ processes, ...found.value });
  }
  return undefined;
}

function growthStep(
  course: Course,
  candidate: Candidate,
  processes: number,
  job: Job,
): Promise<Attempt<ProcessMemory> | undefined> {
  const key = { step: 'growth', program: course.index, candidate: candidate.name, processes } as const;
  return runStep(job, key, () => attempt(() => weighMany(course, candidate, processes, job)));
}

async function weighMany(
  course: Course,
  candidate: Candidate,
  processes: number,
  job: Job,
): Promise<ProcessMemory> {
  const weighing = await weighProcesses([{ ...loadOf(course, candidate), processes }], job.settings);
  const alone = course.findings.weighings.get(candidate.name);
  if (weighing.weights[0]?.executedAnother && !alone?.weights[0]?.executedAnother)
    throw new LinkonceError(whyHandedOver(candidate.command));
  return sumOf(weighing);
}

function sumOf({ weights }: Weighing): ProcessMemory {
  return totalMemory(weights.flatMap(({ processes }) => processes));
}

/** Why processes that were once waited for in vain are not waited for again. */
export function endless({ weights }: Weighing): string | undefined {
  return weights.some(({ didNotEnd }) => didNotEnd) ? 'does not end by itself: not weighed again' : undefined;
}

/** What so many processes will hold by what a few do: each its private memory and page tables, and what they share once. */
function tooLarge({ weights }: Weighing, processes: number): string | undefined {
  const { privateKb, pageTablesKb, sharedKb } = typicalMemory(weights.flatMap(({ processes: all }) => all));
  if (processes * (privateKb + pageTablesKb) + sharedKb <= largestPart * availableKb()) return undefined;
  return `${processes} processes would take more than half of the memory that is available`;
}

/** MemAvailable of /proc/meminfo, kB. */
function availableKb(): number {
  return Number(/^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? Infinity);
}

/** Foresees how long more processes will take by how long the last ones took. */
class GrowthClock {
  #msPerProcess = 0;
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  tooLong(processes: number): string | undefined {
    if (this.#msPerProcess * processes <= this.#limitMs) return undefined;
    return `${processes} processes would take longer than ${this.#limitMs / 1000} s`;
  }

  async time<T>(processes: number, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const value = await work();
    this.#msPerProcess = (performance.now() - begun) / processes;
    return value;
  }
}

/**
 * Measures images of programs side by side: first whether they do the same at all, then the start-up of all of them in
 * interleaved rounds, then the memory of some processes of each, of more and more, in compressed swap, and of all programs together. What goes
 * wrong with one image is its result and does not end the comparison.
 *
 * Each step goes through `runStep`: what the journal has is not measured again, and nothing is after Ctrl-C.
 */
import { checkBehaviour } from './check-behaviour.ts';
import { findDrift, findStolen, readTicks, timeWork } from './clock-speed.ts';
import type { Course, Job, OnProgress } from './course.ts';
import { beginCourse, healthy } from './course.ts';
import { settleFiles } from './files.ts';
import { growAll } from './grow-all.ts';
import { Journal } from './journal.ts';
import { rejectHandingOver } from './handed-over.ts';
import type { FoundBehaviour } from './journal.ts';
import { pageOutAll } from './page-out-all.ts';
import { readMachine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { measurementVersion } from './measurement.ts';
import { assembleProgram } from './results.ts';
import { runStep } from './run-step.ts';
import type { CompareProgram, CompareSettings } from './subject.ts';
import { timeAll } from './time-all.ts';
import { collectWarnings } from './warnings.ts';
import { packageVersion } from '../util/native.ts';
import { weighAlone } from './weigh-alone.ts';
import { weighTogether } from './weigh-together.ts';

/**
 * Measures the programs' subjects. Ratios are to `got-plt lazy`, and absent without it. The processes get this one's
 * environment. Throws LinkonceError where a program itself cannot be executed.
 */
export async function compareImages(
  programs: readonly CompareProgram[],
  settings: CompareSettings,
  onProgress: OnProgress = () => undefined,
): Promise<Measurement> {
  const job = beginJob(programs, settings, onProgress);
  const { courses, stop } = job;
  for (const { candidates } of courses) for (const { image } of candidates) settleFiles(image.files);
  if (!stop.aborted) rejectHandingOver(job);
  for (const course of settings.timed ? courses : []) await compareBehaviour(course, job);
  const ticks = readTicks();
  noteSpeed(job);
  await timeAll(job);
  noteSpeed(job);
  await weighAlone(job);
  await growAll(job);
  await pageOutAll(job);
  noteSpeed(job);
  const measured = courses.map((course) => assembleProgram(course, stop.aborted));
  const together = await weighTogether(job, measured);
  const { mode, runs, moment, counts, cold, zram, date } = job.settings;
  return {
    format: 'linkonce-measurement',
    version: measurementVersion,
    date,
    machine: readMachine(),
    linkonce: packageVersion(),
    settings: { mode, runs, moment, counts, ...(cold && { cold }), ...(zram && { zram }) },
    programs: measured,
    workload: together.results,
    warnings: [
      ...collectWarnings(courses, together.weighings),
      ...findDrift(job.journal.speedsNs),
      ...findStolen(ticks, readTicks()),
    ],
  };
}

function beginJob(
  programs: readonly CompareProgram[],
  settings: CompareSettings,
  onProgress: OnProgress,
): Job {
  const usual = {
    warmUpRounds: 3,
    limitMs: 30_000,
    mode: 'custom',
    counts: [],
    cold: false,
    zram: false,
  } as const;
  const kept = {
    journal: new Journal(),
    stop: new AbortController().signal,
    date: new Date().toISOString(),
  };
  const all = { ...usual, ...kept, ...settings };
  return {
    courses: programs.map(beginCourse),
    settings: all,
    onProgress,
    journal: all.journal,
    stop: all.stop,
  };
}

function noteSpeed({ journal, stop }: Job): void {
  if (!stop.aborted) journal.add({ step: 'speed', ns: timeWork() });
}

async function compareBehaviour(course: Course, job: Job): Promise<void> {
  const { findings, index } = course;
  const found = await runStep(job, { step: 'behaviour', program: index }, () => observeAll(course, job));
  if (found === undefined) return;
  findings.timed = found.ends;
  for (const [name, reason] of found.failures) findings.failures.set(name, reason);
  findings.warnings.push(...found.warnings);
}

async function observeAll(course: Course, job: Job): Promise<FoundBehaviour> {
  const { settings, onProgress } = job;
  const { failures, ...found } = await checkBehaviour(
    course.reference,
    healthy(course),
    settings.limitMs,
    onProgress,
  );
  return { ...found, failures: [...failures] };
}

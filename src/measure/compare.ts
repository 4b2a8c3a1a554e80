/**
 * Measures images of programs side by side: first whether they do the same at all, then the start-up of all of them in
 * interleaved rounds, then the memory of some processes of each, then of all programs together. What goes wrong with one
 * image is its result and does not end the comparison.
 */
import { checkBehaviour } from './check-behaviour.ts';
import type { Course, Job, OnProgress } from './course.ts';
import { beginCourse, healthy } from './course.ts';
import { settleFiles } from './files.ts';
import { readMachine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { assembleProgram } from './results.ts';
import { failedRun, timeCommands } from './stopwatch.ts';
import type { CompareProgram, CompareSettings } from './subject.ts';
import { collectWarnings } from './warnings.ts';
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
  const date = new Date().toISOString();
  const all = { warmUpRounds: 3, limitMs: 30_000, mode: 'custom' as const, counts: [], ...settings };
  const courses = programs.map(beginCourse);
  for (const { candidates } of courses) for (const { image } of candidates) settleFiles(image.files);
  const job: Job = { courses, settings: all, onProgress };
  for (const course of settings.timed ? courses : []) await compareBehaviour(course, job);
  await timeAll(job);
  await weighAlone(job);
  const measured = courses.map(assembleProgram);
  const together = await weighTogether(job, measured);
  return {
    format: 'linkonce-measurement',
    version: 3,
    date,
    machine: readMachine(),
    settings: { mode: all.mode, runs: all.runs, moment: all.moment, counts: all.counts },
    programs: measured,
    workload: together.results,
    warnings: collectWarnings(courses, together.weighings),
  };
}

async function compareBehaviour({ reference, candidates, findings }: Course, job: Job): Promise<void> {
  const { settings, onProgress } = job;
  const { ends, failures, warnings } = await checkBehaviour(
    reference,
    candidates,
    settings.limitMs,
    onProgress,
  );
  findings.timed = ends;
  for (const [name, reason] of failures) findings.failures.set(name, reason);
  findings.warnings.push(...warnings);
}

/** Start-up of all candidates of all programs that end by themselves: all take turns in each round. */
async function timeAll({ courses, settings, onProgress }: Job): Promise<void> {
  const { runs: rounds, warmUpRounds, limitMs } = settings;
  const entries = courses
    .filter(({ findings }) => findings.timed)
    .flatMap((course) => healthy(course).map((candidate) => ({ ...candidate, findings: course.findings })));
  const commands = entries.map(({ command }) => command);
  const runs = await timeCommands(commands, { rounds, warmUpRounds, limitMs }, (round) => {
    onProgress(round < 0 ? 'warming up' : `timing, round ${round + 1} of ${rounds}`);
  });
  entries.forEach(({ name, findings }, index) => {
    findings.runs.set(name, runs[index]!);
    const failure = failedRun(runs[index]!);
    if (failure !== undefined) findings.failures.set(name, failure);
  });
}

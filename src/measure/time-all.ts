/** Start-up of all candidates of all programs that end by themselves: all take turns in each round. */
import type { Candidate, Course, Job } from './course.ts';
import { healthy } from './course.ts';
import type { Run } from './stopwatch.ts';
import { failedRun, timeCommands } from './stopwatch.ts';

/** What is timed, with its program. */
interface Entry {
  readonly course: Course;
  readonly candidate: Candidate;
}

/** The runs that the journal has are not made again. */
export async function timeAll(job: Job): Promise<void> {
  const entries = job.courses
    .filter(({ findings }) => findings.timed)
    .flatMap((course) => healthy(course).map((candidate) => ({ course, candidate })));
  for (let behind = nextRuns(job, entries); behind !== undefined; behind = nextRuns(job, entries))
    await timeSome(job, behind);
  for (const { course, candidate } of entries) {
    const runs = { warmUp: [], counted: runsOf(job, { course, candidate }) };
    course.findings.runs.set(candidate.name, runs);
    const failure = failedRun(runs);
    if (failure !== undefined) course.findings.failures.set(candidate.name, failure);
  }
}

/** Candidates that have equally many runs, and fewer than others or than all shall have. */
interface Behind {
  readonly entries: readonly Entry[];
  readonly done: number;
  readonly rounds: number;
}

/** Undefined when all runs are made, or the run is stopped. One that was stopped may have been so amid a round. */
function nextRuns(job: Job, entries: readonly Entry[]): Behind | undefined {
  const counts = entries.map((entry) => Math.min(runsOf(job, entry).length, job.settings.runs));
  const done = Math.min(...counts);
  if (job.stop.aborted || entries.length === 0 || done === job.settings.runs) return undefined;
  const next = Math.min(...counts.filter((count) => count > done), job.settings.runs);
  return { entries: entries.filter((_, index) => counts[index] === done), done, rounds: next - done };
}

async function timeSome(job: Job, { entries, done, rounds }: Behind): Promise<void> {
  const { runs, limitMs, cold } = job.settings;
  // What the kernel forgets needs no warming up.
  const warmUpRounds = cold ? 0 : job.settings.warmUpRounds;
  const commands = entries.map(({ candidate }) => candidate.command);
  await timeCommands(
    commands,
    { rounds, warmUpRounds, limitMs, cold, firstRound: done },
    {
      stop: job.stop,
      onRound(round) {
        if (round < 0) job.onProgress('warming up');
        else job.onProgress(`timing, round ${round + 1} of ${runs}`, { done: round, of: runs });
      },
      onRun(index, run) {
        const { course, candidate } = entries[index]!;
        job.journal.add({ step: 'run', program: course.index, candidate: candidate.name, run });
      },
    },
  );
}

function runsOf({ journal, settings }: Job, { course, candidate }: Entry): readonly Run[] {
  return journal.runsOf(course.index, candidate.name).slice(0, settings.runs);
}

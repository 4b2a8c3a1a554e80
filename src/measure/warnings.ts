/** All that makes the figures of a comparison doubtful, program by program, then what is about all. */
import type { Course } from './course.ts';
import { handedOverWarnings } from './handed-over.ts';
import type { Measurement, Warning } from './measurement.ts';
import type { Weighing } from './memory.ts';
import type { StepContext } from './run-step.ts';
import { estimateMedian } from './statistics.ts';
import type { Run, RunEnd } from './stopwatch.ts';
import { samplesOf } from './stopwatch.ts';
import type { TimedSeries } from './suspicions.ts';
import { findFewRuns, findSuspicions } from './suspicions.ts';

/** `together` are the weighings of the workload, by the systems' names. */
export function collectWarnings(
  courses: readonly Course[],
  together: ReadonlyMap<string, Weighing>,
): readonly Warning[] {
  const series = courses.map(seriesOf);
  const own = courses.flatMap(({ findings }, program) => {
    const warnings = [
      ...findings.warnings,
      ...differingEnds(findings.runs),
      ...weightWarnings(findings.weighings),
      ...findSuspicions(series[program]!),
    ];
    return warnings.map((warning) => ({ ...warning, program }));
  });
  const ofAll = weightWarnings(
    together,
    courses.map(({ findings }) => findings.weighings),
  );
  return [
    ...handedOverWarnings(courses),
    ...own,
    ...ofAll,
    ...findFewRuns(series.flat()),
    ...hiddenFrames(together),
  ];
}

/** What a person must know of how the run went, once it has ended. */
export function withCourseWarnings(measurement: Measurement, { journal, stop }: StepContext): Measurement {
  const resumed = 'went on with what an earlier run had found; the machine may have been another then';
  const stopped = 'the run was stopped: what it had not come to is not run';
  const warnings: Warning[] = [
    ...(journal.isResumed ? [{ kind: 'resumed', message: resumed } as const] : []),
    ...(stop.aborted ? [{ kind: 'stopped', message: stopped } as const] : []),
  ];
  return { ...measurement, warnings: [...measurement.warnings, ...warnings] };
}

function seriesOf({ findings }: Course): readonly TimedSeries[] {
  const healthy = [...findings.runs].filter(([name]) => !findings.failures.has(name));
  return healthy.map(([name, runs]) => {
    const samplesMs = samplesOf(runs);
    return { name, samplesMs, estimate: estimateMedian(samplesMs) };
  });
}

/** Timed runs that ended otherwise than the very first one. */
function differingEnds(series: Course['findings']['runs']): readonly Warning[] {
  const expected = [...series.values()][0]?.counted[0]?.end;
  if (expected === undefined) return [];
  const differs = ({ end }: Run): boolean => wording(end) !== wording(expected);
  return [...series].flatMap(([name, { counted }]): Warning[] => {
    const count = counted.filter(differs).length;
    const message = `${name}: ${count} of ${counted.length} timed runs did not end with ${wording(expected)}`;
    return count === 0 ? [] : [{ kind: 'exit-status', message }];
  });
}

function wording(end: RunEnd): string {
  if (end.kind === 'exit') return `status ${end.status}`;
  return end.kind === 'signal' ? `signal ${end.signal}` : end.kind;
}

const lateOrEarly = [
  { flag: 'didNotEnd', kind: 'did-not-end', what: 'weighed at the time limit, not at the end' },
  { flag: 'endedEarly', kind: 'ended-early', what: 'ended sooner, weighed at the end' },
] as const;

/** What was the same in a weighing `alone` has been said there; what is new came with the others' processes. */
function weightWarnings(
  weighings: ReadonlyMap<string, Weighing>,
  alone: readonly ReadonlyMap<string, Weighing>[] = [],
): readonly Warning[] {
  const how = alone.length === 0 ? '' : ' with all programs';
  return lateOrEarly.flatMap(({ flag, kind, what }): Warning[] => {
    const isSome = (weighing: Weighing | undefined): boolean =>
      weighing?.weights.some((weight) => weight[flag]) ?? false;
    const names = [...weighings.keys()].filter(
      (name) => isSome(weighings.get(name)) && !alone.some((of) => isSome(of.get(name))),
    );
    return names.length === 0 ? [] : [{ kind, message: `${names.join(', ')}${how}: ${what}` }];
  });
}

function hiddenFrames(together: ReadonlyMap<string, Weighing>): readonly Warning[] {
  if ([...together.values()].every(({ sharing }) => sharing !== undefined)) return [];
  const message =
    'who shares memory with whom is not known: the kernel shows page frame numbers to root with CAP_SYS_ADMIN alone';
  return [{ kind: 'frames-hidden', message }];
}

/** All that makes the figures of a comparison doubtful, program by program, then what is about all. */
import type { Course } from './course.ts';
import type { Warning } from './measurement.ts';
import type { Weighing, Weight } from './memory.ts';
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
      ...weightWarnings(findings.weighings, ''),
      ...findSuspicions(series[program]!),
    ];
    return warnings.map((warning) => ({ ...warning, program }));
  });
  const ofSeveral = courses.length > 1 ? weightWarnings(together, ' with all programs') : [];
  return [...own, ...ofSeveral, ...findFewRuns(series.flat()), ...hiddenFrames(together)];
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

/** `circumstance` follows the names. */
function weightWarnings(weighings: ReadonlyMap<string, Weighing>, circumstance: string): readonly Warning[] {
  const names = (has: (weight: Weight) => boolean): string =>
    [...weighings].flatMap(([name, { weights }]) => (weights.some(has) ? [name] : [])).join(', ');
  const late = names(({ didNotEnd }) => didNotEnd);
  const early = names(({ endedEarly }) => endedEarly);
  const warnings: Warning[] = [];
  if (late !== '') {
    const message = `${late}${circumstance}: weighed at the time limit, not at the end`;
    warnings.push({ kind: 'did-not-end', message });
  }
  if (early !== '') {
    const message = `${early}${circumstance}: ended sooner, weighed at the end`;
    warnings.push({ kind: 'ended-early', message });
  }
  return warnings;
}

function hiddenFrames(together: ReadonlyMap<string, Weighing>): readonly Warning[] {
  if ([...together.values()].every(({ sharing }) => sharing !== undefined)) return [];
  const message =
    'who shares memory with whom is not known: the kernel shows page frame numbers to root with CAP_SYS_ADMIN alone';
  return [{ kind: 'frames-hidden', message }];
}

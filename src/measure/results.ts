/** Puts together what was measured of each subject. */
import { allocatedKb } from './files.ts';
import type { MeasuredResult, Result, Warning } from './measurement.ts';
import { isBaseLine, nameOf } from './measurement.ts';
import type { Weight } from './memory.ts';
import { estimateMedian, estimateRatio, median } from './statistics.ts';
import type { Run, RunEnd, TimedRuns } from './stopwatch.ts';
import type { CompareSubject } from './subject.ts';
import { findSuspicions } from './suspicions.ts';

/** Raw findings, by the subjects' names. */
export interface Findings {
  /** Whether start-up was timed. */
  readonly timed: boolean;
  readonly runs: ReadonlyMap<string, TimedRuns>;
  readonly weights: ReadonlyMap<string, Weight>;
  /** Why a subject has no figures although it has an image. */
  readonly failures: ReadonlyMap<string, string>;
  /** From the comparison of behaviour. */
  readonly warnings: readonly Warning[];
}

/** One result a subject, in their order. */
export function assembleResults(subjects: readonly CompareSubject[], findings: Findings): readonly Result[] {
  const baseLine = subjects.find(isBaseLine);
  const base = baseLine && samplesOf(findings.runs.get(nameOf(baseLine)));
  return subjects.map((subject) => assemble(subject, findings, base ?? []));
}

function assemble(subject: CompareSubject, findings: Findings, base: readonly number[]): Result {
  const { system, variant } = subject;
  if (!('image' in subject)) return { system, variant, status: subject.status, reason: subject.reason };
  const name = nameOf(subject);
  const runs = findings.runs.get(name);
  const weight = findings.weights.get(name);
  const failure = findings.failures.get(name) ?? failedRun(runs);
  if (failure !== undefined || weight === undefined)
    return { system, variant, status: 'failed', reason: failure ?? 'was not weighed' };
  const { image, bindMs } = subject;
  const disk = { diskKb: allocatedKb(image.files), bindMs };
  return { system, variant, status: 'measured', ...timesOf(runs, base), ...weight.typical, ...disk };
}

type Times = Pick<MeasuredResult, 'startupMs' | 'startupRatio' | 'minorFaults' | 'samplesMs'>;

function timesOf(runs: TimedRuns | undefined, base: readonly number[]): Times {
  if (runs === undefined || runs.counted.length === 0) return { samplesMs: [] };
  const samplesMs = samplesOf(runs);
  return {
    startupMs: estimateMedian(samplesMs),
    ...(base.length > 0 && { startupRatio: estimateRatio(base, samplesMs) }),
    minorFaults: median(runs.counted.map(({ minorFaults }) => minorFaults)),
    samplesMs,
  };
}

function samplesOf(runs: TimedRuns | undefined): readonly number[] {
  return (runs?.counted ?? []).map(({ ns }) => ns / 1e6);
}

/** A run that did not come to an end makes the times of its series meaningless. */
function failedRun(runs: TimedRuns | undefined): string | undefined {
  const bad = runs?.counted.find(({ end }) => end.kind === 'timeout' || end.kind === 'failed');
  if (bad === undefined) return undefined;
  const round = `the run of round ${bad.round + 1}`;
  return bad.end.kind === 'timeout' ? `${round} did not end` : `${round} could not be executed`;
}

/** All warnings about what was found. */
export function collectWarnings(findings: Findings): readonly Warning[] {
  const series = [...findings.runs]
    .filter(([name]) => !findings.failures.has(name))
    .map(([name, runs]) => ({ name, samplesMs: samplesOf(runs), estimate: estimateMedian(samplesOf(runs)) }));
  return [
    ...findings.warnings,
    ...differingEnds(findings.runs),
    ...weightWarnings(findings.weights),
    ...findSuspicions(series),
  ];
}

/** Timed runs that ended otherwise than the very first one. */
function differingEnds(series: Findings['runs']): readonly Warning[] {
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

function weightWarnings(weights: Findings['weights']): readonly Warning[] {
  const names = (has: (weight: Weight) => boolean): string =>
    [...weights].flatMap(([name, weight]) => (has(weight) ? [name] : [])).join(', ');
  const late = names(({ didNotEnd }) => didNotEnd);
  const early = names(({ endedEarly }) => endedEarly);
  const warnings: Warning[] = [];
  if (late !== '')
    warnings.push({ kind: 'did-not-end', message: `${late}: weighed at the time limit, not at the end` });
  if (early !== '')
    warnings.push({ kind: 'ended-early', message: `${early}: ended sooner, weighed at the end` });
  return warnings;
}

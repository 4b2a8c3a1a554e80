/** Puts together what was measured of each program. */
import { spreadOf, typicalMemory } from './combine-memory.ts';
import type { Course, Findings } from './course.ts';
import { stoppedReason } from './course.ts';
import { allocatedKb } from './files.ts';
import type { MeasuredProgram, MeasuredResult, Result } from './measurement.ts';
import { isBaseLine, nameOf } from './measurement.ts';
import { estimateMedian, estimateRatio } from './statistics.ts';
import type { TimedRuns } from './stopwatch.ts';
import { samplesOf } from './stopwatch.ts';
import type { CompareSubject } from './subject.ts';

/** One result a subject, in their order. `isStopped`: what has no figures was not run. */
export function assembleProgram({ program, findings }: Course, isStopped: boolean): MeasuredProgram {
  const { subjects, ...description } = program;
  const baseLine = subjects.find(isBaseLine);
  const base = samplesOf(baseLine && findings.runs.get(nameOf(baseLine)));
  const results = subjects.map((subject) => assemble(subject, findings, base, isStopped));
  return { ...description, timed: findings.timed, results };
}

function assemble(
  subject: CompareSubject,
  findings: Findings,
  base: readonly number[],
  isStopped: boolean,
): Result {
  const { system, variant } = subject;
  if (!('image' in subject)) return { system, variant, status: subject.status, reason: subject.reason };
  const name = nameOf(subject);
  const failure = findings.failures.get(name);
  const weight = findings.weighings.get(name)?.weights[0];
  if (failure !== undefined) return { system, variant, status: 'failed', reason: failure };
  if (weight === undefined && isStopped) return { system, variant, status: 'not-run', reason: stoppedReason };
  if (weight === undefined) throw new Error(`${name} was not weighed`);
  const growth = findings.growth.get(name);
  const compressed = findings.compressed.get(name);
  const memory = typicalMemory(weight.processes);
  const disk = { diskKb: allocatedKb(subject.image.files), bindMs: subject.bindMs };
  return {
    system,
    variant,
    status: 'measured',
    ...timesOf(findings.runs.get(name), base),
    ...memory,
    spread: spreadOf(weight.processes),
    ...(growth && growth.length > 0 && { growth }),
    ...(compressed && { zram: compressed }),
    ...(weight.space && { space: weight.space }),
    ...disk,
    ...(subject.image.entries && { entries: subject.image.entries }),
  };
}

type Times = Pick<MeasuredResult, 'startupMs' | 'startupRatio' | 'minorFaults' | 'samplesMs'>;

function timesOf(runs: TimedRuns | undefined, base: readonly number[]): Times {
  if (runs === undefined || runs.counted.length === 0) return { samplesMs: [] };
  const samplesMs = samplesOf(runs);
  return {
    startupMs: estimateMedian(samplesMs),
    ...(base.length > 0 && { startupRatio: estimateRatio(base, samplesMs) }),
    minorFaults: estimateMedian(runs.counted.map(({ minorFaults }) => minorFaults)),
    samplesMs,
  };
}

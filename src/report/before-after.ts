/**
 * Two measurements side by side: by how much each figure of a system changed, with its interval, and what of them cannot be compared,
 * and why. Nothing is said to be more or less where the intervals overlap. Nothing here needs Node.
 */
import type {
  Estimate,
  MeasuredProgram,
  MeasuredResult,
  Measurement,
  ResultHead,
} from '../measure/measurement.ts';
import { isSameVariant, nameOf } from '../measure/measurement.ts';
import { estimateRatio } from '../measure/statistics.ts';
import { isMeasured } from './conclusion.ts';
import { labelsOf } from './format.ts';
import type { Comparable } from './comparable.ts';
import { isSameProgram, judgeComparable } from './comparable.ts';
import { callOf } from './overall.ts';
import type { Ranged } from './tied.ts';

/** Of a figure. */
export interface Change {
  readonly before: Ranged;
  readonly after: Ranged;
  /** after ÷ before, with the interval that both intervals, or both lists of samples, give. */
  readonly ratio: Estimate;
}

/** What a change may be of; less is better, of all but `startupRatio`: how many times as fast as each base line. */
export const changeIds = ['startupMs', 'startupRatio', 'privateKb', 'pssKb', 'callNs'] as const;
export type ChangeId = (typeof changeIds)[number];

/** Of one system and variant: only what both measurements have, and what can be compared. */
export interface ChangedResult extends ResultHead {
  readonly status: 'measured';
  readonly changes: Readonly<Partial<Record<ChangeId, Change>>>;
}

export interface ChangedProgram {
  readonly label: string;
  readonly results: readonly ChangedResult[];
}

export interface BeforeAfter {
  /** ISO 8601. */
  readonly dates: readonly [before: string, after: string];
  /** What differs between the measurements, and what follows: a sentence each. */
  readonly remarks: readonly string[];
  /** Those that both have, with the same arguments. */
  readonly programs: readonly ChangedProgram[];
}

export function compareMeasurements(before: Measurement, after: Measurement): BeforeAfter {
  const comparable = judgeComparable(before, after);
  const labels = labelsOf(after.programs);
  const programs = after.programs.flatMap((own, index): readonly ChangedProgram[] => {
    const earlier = before.programs.find((one) => isSameProgram(one, own));
    if (earlier === undefined) return [];
    return [{ label: labels[index] ?? own.path, results: changesOf(earlier, own, comparable) }];
  });
  const calls = comparable.sameMachine ? callChanges(before, after) : [];
  const { remarks } = comparable;
  return { dates: [before.date, after.date], remarks, programs: [...programs, ...calls] };
}

function changesOf(
  earlier: MeasuredProgram,
  own: MeasuredProgram,
  { times, ratios, memory }: Comparable,
): readonly ChangedResult[] {
  const hasSameCount = earlier.processes === own.processes;
  return own.results.filter(isMeasured).flatMap((after): readonly ChangedResult[] => {
    const before = earlier.results.filter(isMeasured).find((one) => isSameVariant(one, after));
    if (before === undefined) return [];
    const { system, variant } = after;
    const changes = {
      ...(times && startChange(before, after)),
      ...(ratios && spreadChange('startupRatio', before.startupRatio, after.startupRatio)),
      ...(memory && memoryChange('privateKb', before, after)),
      ...(memory && hasSameCount && memoryChange('pssKb', before, after)),
    };
    return [{ system, variant, status: 'measured', changes }];
  });
}

/** The call lab asks for no program. */
function callChanges(before: Measurement, after: Measurement): readonly ChangedProgram[] {
  const results = (after.calls?.results ?? []).flatMap(({ system, variant }): readonly ChangedResult[] => {
    const head = { system, variant };
    const changes = spreadChange('callNs', callOf(before, head), callOf(after, head));
    return changes.callNs ? [{ ...head, status: 'measured', changes }] : [];
  });
  return results.length === 0 ? [] : [{ label: 'calls between modules', results }];
}

type Changes = ChangedResult['changes'];

/** The ratio's interval is the bootstrap's, of the samples of both. */
function startChange(before: MeasuredResult, after: MeasuredResult): Changes {
  if (before.startupMs === undefined || after.startupMs === undefined) return {};
  const ratio = estimateRatio(after.samplesMs, before.samplesMs);
  return { startupMs: { before: ranged(before.startupMs), after: ranged(after.startupMs), ratio } };
}

/** The ratio is as far off as both intervals allow together. */
function spreadChange(id: ChangeId, before: Estimate | undefined, after: Estimate | undefined): Changes {
  if (before === undefined || after === undefined) return {};
  const [low, high] = [after.low / before.high, after.high / before.low];
  const ratio = { median: after.median / before.median, low, high };
  return before.low > 0 ? { [id]: { before: ranged(before), after: ranged(after), ratio } } : {};
}

function memoryChange(name: 'privateKb' | 'pssKb', before: MeasuredResult, after: MeasuredResult): Changes {
  const of = (result: MeasuredResult): Estimate => ({ median: result[name], ...result.spread[name] });
  return spreadChange(name, of(before), of(after));
}

function ranged({ median, low, high }: Estimate): Ranged {
  return { value: median, low, high };
}

/** Whether a figure is less or more than it was; `tied` where the samples do not tell. */
export function directionOf({ ratio: { low, high } }: Change): 'less' | 'more' | 'tied' {
  if (high < 1) return 'less';
  return low > 1 ? 'more' : 'tied';
}

/** `12 % less [10–14]`, `tied [-3 to +5 %]`. */
export function changeText(change: Change): string {
  const { low, median, high } = change.ratio;
  if (directionOf(change) === 'tied') return `tied [${rangeText(change)}]`;
  const [near, far] = [low, high].map(percentOff).sort((one, other) => one - other);
  return `${partText(median)} [${String(near)}–${String(far)}]`;
}

/** `-3 to +5 %`. */
export function rangeText({ ratio: { low, high } }: Change): string {
  return `${signed(low)} to ${signed(high)} %`;
}

function signed(ratio: number): string {
  const percent = percentOff(ratio);
  if (percent === 0) return '0';
  return `${ratio < 1 ? '-' : '+'}${String(percent)}`;
}

/** `12 % less`. */
export function partText(ratio: number): string {
  const percent = percentOff(ratio);
  return percent === 0 ? 'as much' : `${String(percent)} % ${ratio < 1 ? 'less' : 'more'}`;
}

/** With a digit behind the point where it is small. */
function percentOff(ratio: number): number {
  const percent = 100 * Math.abs(ratio - 1);
  return percent < 9.95 ? Math.round(10 * percent) / 10 : Math.round(percent);
}

const words: Readonly<Record<ChangeId, readonly [of: string, less: string, more: string]>> = {
  startupMs: ['start-up', 'start faster', 'start slower'],
  startupRatio: [
    'start-up against the base line',
    'gain less on the base line',
    'gain more on the base line',
  ],
  privateKb: ['private memory', 'hold less', 'hold more'],
  pssKb: ['PSS', 'take less', 'take more'],
  callNs: ['calls', 'have cheaper calls', 'have dearer calls'],
};

/** `git: start-up: 3 of 32 systems start faster (image direct, …), none slower, 29 tied`; a line for each figure that can be compared. */
export function summarise({ label, results }: ChangedProgram): readonly string[] {
  return changeIds.flatMap((id) => {
    const own = results.flatMap((result) => {
      const change = result.changes[id];
      return change ? [{ name: nameOf(result), direction: directionOf(change) }] : [];
    });
    if (own.length === 0) return [];
    const [of, less, more] = words[id];
    const count = (direction: 'less' | 'more', verb: string): string => {
      const names = own.filter((one) => one.direction === direction).map(({ name }) => name);
      if (names.length === 0) return `none ${verb}`;
      return `${String(names.length)} ${verb} (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})`;
    };
    const tied = own.filter(({ direction }) => direction === 'tied').length;
    const parts = [count('less', less), count('more', more), `${String(tied)} tied`];
    return [`${label}, ${of}: of ${String(own.length)} systems ${parts.join(', ')}.`];
  });
}

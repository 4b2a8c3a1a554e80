/** How each system did over all programs together: the figures that a choice rests on. */
import type { FigureId } from '../measure/call-measurement.ts';
import type { Estimate, MeasuredResult, Measurement, ResultHead } from '../measure/measurement.ts';
import { isBaseLine, isSameVariant } from '../measure/measurement.ts';
import { memoryOfProcesses } from '../models/memory-growth.ts';
import { isMeasured, isTimed, isWhole, workloadRange } from './conclusion.ts';
import type { Ranged } from './tied.ts';

/** Of one variant that served every program. */
export interface Overall extends ResultHead {
  /** How many times as fast as the base line programs start: the geometric mean over those that were timed. */
  readonly speed?: number;
  /** The same by the lower ends of the intervals: at least so fast. */
  readonly leastSpeed?: number;
  /** By the upper ends: at most so fast. */
  readonly mostSpeed?: number;
  /** Private memory of a process, kB: the sum over one of each program. */
  readonly privateKb: number;
  /** What they share, kB: the sum over the programs. */
  readonly sharedKb: number;
  /** Memory of all processes, kB: the PSS of those that were alive at once, or by a model that of as many as were asked for. */
  readonly memory: Ranged;
  /** Of a call between modules, ns. */
  readonly callNs?: number;
  readonly callRange?: { readonly low: number; readonly high: number };
}

/** Calls as most distributions compile them: to a PLT slot, which jumps through the GOT. */
export const usualCall: FigureId = 'direct-plt';

/**
 * In the order of the first program's results; those that did not serve every program are left out. `processes`: of each program, for
 * the memory of all; absent: as many as were measured.
 */
export function overallOf(measurement: Measurement, processes?: number): readonly Overall[] {
  const [first] = measurement.programs;
  return (first?.results ?? []).flatMap(({ system, variant }) => {
    const results = measurement.programs.flatMap((program) =>
      program.results.filter(isMeasured).filter((one) => isSameVariant(one, { system, variant })),
    );
    if (results.length < measurement.programs.length) return [];
    const head = { system, variant };
    const memory = processes === undefined ? pssOf(measurement, head, results) : modelled(results, processes);
    return [{ ...sumUp(measurement, head, results), memory }];
  });
}

function sumUp(
  measurement: Measurement,
  head: ResultHead,
  results: readonly MeasuredResult[],
): Omit<Overall, 'memory'> {
  const speed = speedOf(head, results, 'median');
  const leastSpeed = speedOf(head, results, 'low');
  const mostSpeed = speedOf(head, results, 'high');
  const call = callOf(measurement, head);
  return {
    ...head,
    ...(speed !== undefined && { speed }),
    ...(leastSpeed !== undefined && { leastSpeed }),
    ...(mostSpeed !== undefined && { mostSpeed }),
    privateKb: sum(results, ({ privateKb }) => privateKb),
    sharedKb: sum(results, ({ sharedKb }) => sharedKb),
    ...(call && { callNs: call.median, callRange: { low: call.low, high: call.high } }),
  };
}

function sum(
  results: readonly MeasuredResult[],
  of: (result: MeasuredResult, index: number) => number,
): number {
  return results.reduce((total, result, index) => total + of(result, index), 0);
}

/** What a program's processes share is there once, whatever other programs have of it, too. */
function modelled(results: readonly MeasuredResult[], processes: number): Ranged {
  const total = (end: 'low' | 'high'): number =>
    sum(results, ({ spread: { privateKb, sharedKb } }) =>
      memoryOfProcesses({ privateKb: privateKb[end], sharedKb: sharedKb[end] }, processes),
    );
  const value = sum(results, (result) => memoryOfProcesses(result, processes));
  return { value, low: total('low'), high: total('high') };
}

function speedOf(
  head: ResultHead,
  results: readonly MeasuredResult[],
  of: 'median' | 'low' | 'high',
): number | undefined {
  if (isBaseLine(head)) return results.some(isTimed) ? 1 : undefined;
  const ratios = results.flatMap(({ startupRatio }) => (startupRatio ? [startupRatio[of]] : []));
  if (ratios.length === 0) return undefined;
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/** Where processes of all programs were weighed together that counts what programs share, too. */
function pssOf(measurement: Measurement, head: ResultHead, results: readonly MeasuredResult[]): Ranged {
  const together = measurement.workload.filter(isMeasured).find((one) => isSameVariant(one, head));
  if (together && isWhole(measurement, together)) return workloadRange(together, 'pssKb');
  const total = (of: (result: MeasuredResult) => number): number =>
    sum(results, (result, index) => of(result) * (measurement.programs[index]?.processes ?? 1));
  return {
    value: total(({ pssKb }) => pssKb),
    low: total(({ spread }) => spread.pssKb.low),
    high: total(({ spread }) => spread.pssKb.high),
  };
}

/** ns of a usual call under a system; undefined where that was not measured. */
export function callOf({ calls }: Pick<Measurement, 'calls'>, head: ResultHead): Estimate | undefined {
  const result = calls?.results.find((one) => isSameVariant(one, head));
  return result?.status === 'measured' ? result.figures[usualCall].ns : undefined;
}

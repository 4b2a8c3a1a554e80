/** How each system did over all programs together: the figures that a choice rests on. */
import type { FigureId } from '../measure/call-measurement.ts';
import type { Estimate, MeasuredResult, Measurement, ResultHead } from '../measure/measurement.ts';
import { isBaseLine, isSameVariant } from '../measure/measurement.ts';
import { isMeasured, isTimed, isWhole } from './conclusion.ts';

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
  /** PSS of all processes that were alive at once, kB. */
  readonly pssKb: number;
  /** Of a call between modules, ns. */
  readonly callNs?: number;
  readonly callRange?: { readonly low: number; readonly high: number };
}

/** Calls as most distributions compile them: to a PLT slot, which jumps through the GOT. */
export const usualCall: FigureId = 'direct-plt';

/** In the order of the first program's results; those that did not serve every program are left out. */
export function overallOf(measurement: Measurement): readonly Overall[] {
  const [first] = measurement.programs;
  return (first?.results ?? []).flatMap(({ system, variant }) => {
    const results = measurement.programs.flatMap((program) =>
      program.results.filter(isMeasured).filter((one) => isSameVariant(one, { system, variant })),
    );
    return results.length < measurement.programs.length
      ? []
      : [sumUp(measurement, { system, variant }, results)];
  });
}

function sumUp(measurement: Measurement, head: ResultHead, results: readonly MeasuredResult[]): Overall {
  const speed = speedOf(head, results, 'median');
  const leastSpeed = speedOf(head, results, 'low');
  const mostSpeed = speedOf(head, results, 'high');
  const call = callOf(measurement, head);
  const privateKb = results.reduce((sum, result) => sum + result.privateKb, 0);
  return {
    ...head,
    ...(speed !== undefined && { speed }),
    ...(leastSpeed !== undefined && { leastSpeed }),
    ...(mostSpeed !== undefined && { mostSpeed }),
    privateKb,
    pssKb: pssOf(measurement, head, results),
    ...(call && { callNs: call.median, callRange: { low: call.low, high: call.high } }),
  };
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
function pssOf(measurement: Measurement, head: ResultHead, results: readonly MeasuredResult[]): number {
  const together = measurement.workload.filter(isMeasured).find((one) => isSameVariant(one, head));
  if (together && isWhole(measurement, together)) return together.pssKb;
  return results.reduce(
    (sum, { pssKb }, index) => sum + pssKb * (measurement.programs[index]?.processes ?? 1),
    0,
  );
}

/** ns of a usual call under a system; undefined where that was not measured. */
export function callOf({ calls }: Pick<Measurement, 'calls'>, head: ResultHead): Estimate | undefined {
  const result = calls?.results.find((one) => isSameVariant(one, head));
  return result?.status === 'measured' ? result.figures[usualCall].ns : undefined;
}

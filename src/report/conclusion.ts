/** What a comparison comes to, in plain words. */
import type {
  MeasuredProgram,
  MeasuredResult,
  MeasuredWorkload,
  Measurement,
  Result,
  UnmeasuredResult,
  WorkloadResult,
} from '../measure/measurement.ts';
import { isBaseLine, nameOf } from '../measure/measurement.ts';
import { comparedWith, formatKb, formatMs, listing, threeDigits } from './format.ts';

/** A measured result whose start-up was timed. */
export type TimedResult = MeasuredResult & Required<Pick<MeasuredResult, 'startupMs'>>;

/** The best of each kind; absent where nothing was measured. */
export interface Winners {
  readonly baseLine?: MeasuredResult;
  readonly fastest?: TimedResult;
  /** Others whose interval overlaps the fastest one's: no slower as far as the samples tell. */
  readonly asFast: readonly TimedResult[];
  readonly mostFrugal?: MeasuredResult;
  /** Others of which a process had no more private memory than one of the most frugal's. */
  readonly asFrugal: readonly MeasuredResult[];
}

export function isMeasured<R extends Result | WorkloadResult>(
  result: R,
): result is Exclude<R, UnmeasuredResult> {
  return result.status === 'measured';
}

export function isTimed(result: Result): result is TimedResult {
  return isMeasured(result) && result.startupMs !== undefined;
}

/** Finds the fastest and the most frugal; the first in the list of equals. */
export function findWinners({ results }: MeasuredProgram): Winners {
  const measured = results.filter(isMeasured);
  const timed = results.filter(isTimed);
  const baseLine = measured.find(isBaseLine);
  const fastest = least(timed, ({ startupMs }) => startupMs.median);
  const mostFrugal = least(measured, ({ privateKb }) => privateKb);
  const asFast = timed.filter(
    (one) => fastest && one !== fastest && one.startupMs.low <= fastest.startupMs.high,
  );
  const asFrugal = measured.filter(
    (one) => mostFrugal && one !== mostFrugal && one.spread.privateKb.low <= mostFrugal.spread.privateKb.high,
  );
  return {
    ...(baseLine && { baseLine }),
    ...(fastest && { fastest }),
    asFast,
    ...(mostFrugal && { mostFrugal }),
    asFrugal,
  };
}

/** One sentence: which was fastest and which most frugal. */
export function conclude(program: MeasuredProgram): string {
  const winners = findWinners(program);
  const { fastest, mostFrugal } = winners;
  if (mostFrugal === undefined) return 'Nothing could be measured.';
  const frugality = describeFrugality(winners);
  if (fastest === undefined) return `${nameOf(mostFrugal)} was the most frugal (${frugality}).`;
  const speed = describeSpeed(winners);
  if (fastest === mostFrugal)
    return `${nameOf(fastest)} was both the fastest (${speed}) and the most frugal (${frugality}).`;
  return `${nameOf(fastest)} started fastest (${speed}), and ${nameOf(mostFrugal)} was the most frugal (${frugality}).`;
}

/** `8.90 ms, 7.1 times as fast as got-plt lazy`. */
export function describeSpeed({ fastest, asFast, baseLine }: Winners): string {
  if (fastest === undefined) return 'not timed';
  const { startupMs, startupRatio: ratio } = fastest;
  const parts = [formatMs(startupMs.median)];
  if (baseLine && baseLine !== fastest && ratio)
    parts.push(
      ratio.low > 1
        ? `${threeDigits(ratio.median)} times as fast as ${nameOf(baseLine)}`
        : `not clearly faster than ${nameOf(baseLine)}`,
    );
  return [...parts, ...tooClose(asFast.filter((one) => one !== baseLine))].join(', ');
}

/** More names than these are a number. */
const few = 4;

function tooClose(results: readonly MeasuredResult[]): readonly string[] {
  if (results.length === 0) return [];
  const names = results.length > few ? `${results.length} others` : listing(results.map(nameOf));
  return [`with ${names} too close to tell`];
}

/** `2,885 kB of private memory a process, 74 % less than got-plt lazy`. */
export function describeFrugality({ mostFrugal, asFrugal, baseLine }: Winners): string {
  if (mostFrugal === undefined) return 'not measured';
  const parts = [`${formatKb(mostFrugal.privateKb)} of private memory a process`];
  if (baseLine && baseLine !== mostFrugal)
    parts.push(
      asFrugal.includes(baseLine)
        ? `not clearly less than ${nameOf(baseLine)}`
        : comparedInWords(mostFrugal.privateKb, baseLine.privateKb, nameOf(baseLine)),
    );
  return [...parts, ...tooClose(asFrugal.filter((one) => one !== baseLine))].join(', ');
}

/** Of the workload as a whole; absent where nothing was measured. Those that do not serve every program do not compete. */
export interface WorkloadWinners {
  readonly baseLine?: MeasuredWorkload;
  readonly mostFrugal?: MeasuredWorkload;
  /** Pages that processes share count once here, whether or not they are private memory. */
  readonly leastPss?: MeasuredWorkload;
}

/** Whether every program's processes are in a result. Sums over fewer do not compare with sums over all. */
export function isWhole({ programs }: Measurement, result: MeasuredWorkload): boolean {
  return result.programs.length === programs.length;
}

export function findWorkloadWinners(measurement: Measurement): WorkloadWinners {
  const whole = measurement.workload.filter(isMeasured).filter((result) => isWhole(measurement, result));
  const baseLine = whole.find(isBaseLine);
  const mostFrugal = least(whole, ({ privateKb }) => privateKb);
  const leastPss = least(whole, ({ pssKb }) => pssKb);
  return { ...(baseLine && { baseLine }), ...(mostFrugal && { mostFrugal }), ...(leastPss && { leastPss }) };
}

/** One sentence on all programs together: which held the least for itself, and which took the least in all. */
export function concludeWorkload(measurement: Measurement): string {
  const { baseLine, mostFrugal, leastPss } = findWorkloadWinners(measurement);
  if (mostFrugal === undefined || leastPss === undefined) return 'No system served all programs.';
  const amount = (result: MeasuredWorkload, name: 'privateKb' | 'pssKb'): string => {
    const against =
      baseLine && baseLine !== result
        ? `, ${comparedInWords(result[name], baseLine[name], nameOf(baseLine))}`
        : '';
    return `(${formatKb(result[name])}${against})`;
  };
  const frugality = `${nameOf(mostFrugal)} held the least private memory ${amount(mostFrugal, 'privateKb')}`;
  return `All programs together, ${frugality}, and ${nameOf(leastPss)} had the least PSS ${amount(leastPss, 'pssKb')}.`;
}

/** `74 % less than got-plt lazy`, `as much as got-plt lazy`. */
function comparedInWords(value: number, base: number, name: string): string {
  const change = comparedWith(value, base);
  return `${change}${change === 'as much' ? ' as' : ' than'} ${name}`;
}

function least<T>(items: readonly T[], key: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (best, item) => (best === undefined || key(item) < key(best) ? item : best),
    undefined,
  );
}

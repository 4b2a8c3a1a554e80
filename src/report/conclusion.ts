/** What a comparison comes to, in plain words. */
import type {
  MeasuredProgram,
  MeasuredResult,
  MeasuredWorkload,
  Measurement,
  Result,
  ResultHead,
  UnmeasuredResult,
  WorkloadResult,
} from '../measure/measurement.ts';
import { isBaseLine, nameOf } from '../measure/measurement.ts';
import { comparedWith, formatKb, formatMs, listing, threeDigits } from './format.ts';
import type { Ranged } from './tied.ts';
import { bestOf } from './tied.ts';

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
  const baseLine = measured.find(isBaseLine);
  const fastest = bestOf(results.filter(isTimed), ({ startupMs }) => ({
    value: startupMs.median,
    ...startupMs,
  }));
  const mostFrugal = bestOf(measured, ({ privateKb, spread }) => ({ value: privateKb, ...spread.privateKb }));
  return {
    ...(baseLine && { baseLine }),
    ...(fastest && { fastest: fastest.least }),
    asFast: fastest?.tied ?? [],
    ...(mostFrugal && { mostFrugal: mostFrugal.least }),
    asFrugal: mostFrugal?.tied ?? [],
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

function tooClose(results: readonly ResultHead[]): readonly string[] {
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
  /** Others that cannot be told from it. */
  readonly asFrugal: readonly MeasuredWorkload[];
  /** Pages that processes share count once here, whether or not they are private memory. */
  readonly leastPss?: MeasuredWorkload;
  readonly asLean: readonly MeasuredWorkload[];
}

/** Whether every program's processes are in a result. Sums over fewer do not compare with sums over all. */
export function isWhole({ programs }: Measurement, result: MeasuredWorkload): boolean {
  return result.programs.length === programs.length;
}

export function findWorkloadWinners(measurement: Measurement): WorkloadWinners {
  const whole = measurement.workload.filter(isMeasured).filter((result) => isWhole(measurement, result));
  const baseLine = whole.find(isBaseLine);
  const mostFrugal = bestOf(whole, (result) => workloadRange(result, 'privateKb'));
  const leastPss = bestOf(whole, (result) => workloadRange(result, 'pssKb'));
  return {
    ...(baseLine && { baseLine }),
    ...(mostFrugal && { mostFrugal: mostFrugal.least }),
    asFrugal: mostFrugal?.tied ?? [],
    ...(leastPss && { leastPss: leastPss.least }),
    asLean: leastPss?.tied ?? [],
  };
}

/** A sum over all processes, and what it would be, had all of a program what the lowest and what the highest of them has. */
export function workloadRange(result: MeasuredWorkload, name: 'privateKb' | 'pssKb'): Ranged {
  const programs = [...new Set(result.processes.map(({ program }) => program))];
  const sum = (end: (...values: number[]) => number): number =>
    programs.reduce((total, index) => {
      const own = result.processes.filter(({ program }) => program === index).map((each) => each[name]);
      return total + own.length * end(...own);
    }, 0);
  const value = result[name];
  return { value, low: Math.min(value, sum(Math.min)), high: Math.max(value, sum(Math.max)) };
}

/** One sentence on all programs together: which held the least for itself, and which took the least in all. */
export function concludeWorkload(measurement: Measurement): string {
  const { baseLine, mostFrugal, asFrugal, leastPss, asLean } = findWorkloadWinners(measurement);
  if (mostFrugal === undefined || leastPss === undefined) return 'No system served all programs.';
  const amount = (
    result: MeasuredWorkload,
    name: 'privateKb' | 'pssKb',
    tied: readonly MeasuredWorkload[],
  ): string => {
    const against =
      baseLine && baseLine !== result
        ? [comparedInWords(result[name], baseLine[name], nameOf(baseLine))]
        : [];
    return `(${[formatKb(result[name]), ...against, ...tooClose(tied)].join(', ')})`;
  };
  const frugality = `${nameOf(mostFrugal)} held the least private memory ${amount(mostFrugal, 'privateKb', asFrugal)}`;
  return `All programs together, ${frugality}, and ${nameOf(leastPss)} had the least PSS ${amount(leastPss, 'pssKb', asLean)}.`;
}

/** `74 % less than got-plt lazy`, `as much as got-plt lazy`. */
function comparedInWords(value: number, base: number, name: string): string {
  const change = comparedWith(value, base);
  return `${change}${change === 'as much' ? ' as' : ' than'} ${name}`;
}

/** The key figures, large: of one program, and of all together. */
import type {
  MeasuredProgram,
  Measurement,
  ProcessMemory,
  Result,
  ResultHead,
  WorkloadResult,
} from '../../measure/measurement.ts';
import { nameOf, unmeasuredStatuses } from '../../measure/measurement.ts';
import type { Winners } from '../conclusion.ts';
import { findWinners, findWorkloadWinners } from '../conclusion.ts';
import { comparedWith, formatMs, inUnit, memoryUnitOf, statusText, threeDigits } from '../format.ts';
import { tiedText } from '../tied.ts';
import { element } from './element.ts';

export function createProgramFigures(program: MeasuredProgram): HTMLElement {
  const winners = findWinners(program);
  const { mostFrugal, asFrugal, baseLine } = winners;
  const figures = [
    fastestFigure(winners),
    leastFigure('Least private memory', 'privateKb', { least: mostFrugal, tied: asFrugal, baseLine }),
    baseFigure(winners),
    countFigure(program.results),
  ];
  return element('dl', { class: 'figures' }, ...figures);
}

export function createWorkloadFigures(measurement: Measurement): HTMLElement {
  const { baseLine, mostFrugal, asFrugal, leastPss, asLean } = findWorkloadWinners(measurement);
  const figures = [
    leastFigure('Least private memory', 'privateKb', { least: mostFrugal, tied: asFrugal, baseLine }),
    leastFigure('Least PSS', 'pssKb', { least: leastPss, tied: asLean, baseLine }),
    baseLine &&
      figure(
        'Base line',
        inOne(baseLine.privateKb, baseLine.pssKb),
        `${nameOf(baseLine)}, private; ${inOne(baseLine.pssKb, baseLine.privateKb)} PSS`,
      ),
    countFigure(measurement.workload),
  ];
  return element('dl', { class: 'figures' }, ...figures);
}

/** An amount in the unit that it has room in together with another. */
function inOne(kb: number, beside: number): string {
  const unit = memoryUnitOf([kb, beside]);
  return `${inUnit(kb, unit)} ${unit.name}`;
}

function figure(term: string, value: string, detail: string): HTMLElement {
  const parts = [element('strong', {}, value), element('span', {}, detail)];
  return element('div', {}, element('dt', {}, term), element('dd', {}, ...parts));
}

function fastestFigure({ fastest, asFast }: Winners): HTMLElement | undefined {
  if (fastest === undefined) return undefined;
  const ratio = fastest.startupRatio;
  const faster = ratio && ratio.low > 1 ? [`${threeDigits(ratio.median)} times as fast`] : [];
  const detail = [nameOf(fastest), ...faster, ...tie(asFast)].join(', ');
  return figure('Fastest start-up', formatMs(fastest.startupMs.median), detail);
}

type Memory = ResultHead & Pick<ProcessMemory, 'privateKb' | 'pssKb'>;

interface Least {
  readonly least: Memory | undefined;
  readonly tied: readonly ResultHead[];
  readonly baseLine: Memory | undefined;
}

function leastFigure(
  term: string,
  name: 'privateKb' | 'pssKb',
  { least, tied, baseLine }: Least,
): HTMLElement | undefined {
  if (least === undefined) return undefined;
  const change = baseLine && baseLine !== least ? [comparedWith(least[name], baseLine[name])] : [];
  const detail = [nameOf(least), ...change, ...tie(tied)].join(', ');
  return figure(term, inOne(least[name], baseLine?.[name] ?? 0), detail);
}

function tie(tied: readonly ResultHead[]): readonly string[] {
  return tied.length === 0 ? [] : [tiedText(tied.map(nameOf))];
}

function baseFigure({ baseLine }: Winners): HTMLElement | undefined {
  if (baseLine === undefined) return undefined;
  const { startupMs, privateKb } = baseLine;
  const memory = inOne(privateKb, 0);
  if (startupMs === undefined) return figure('Base line', memory, nameOf(baseLine));
  return figure('Base line', formatMs(startupMs.median), `${nameOf(baseLine)}, ${memory} private`);
}

function countFigure(results: readonly (Result | WorkloadResult)[]): HTMLElement {
  const count = (status: string): number => results.filter((result) => result.status === status).length;
  const others = unmeasuredStatuses.filter((status) => count(status) > 0);
  const detail =
    others.map((status) => `${count(status)} ${statusText(status)}`).join(', ') ||
    'none refused, none failed';
  return figure('Measured', `${count('measured')} of ${results.length}`, detail);
}

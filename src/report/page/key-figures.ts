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
import { comparedWith, formatKb, formatMs, statusText, threeDigits } from '../format.ts';
import { element } from './element.ts';

export function createProgramFigures(program: MeasuredProgram): HTMLElement {
  const winners = findWinners(program);
  const figures = [
    fastestFigure(winners),
    leastFigure('Least private memory', 'privateKb', winners.mostFrugal, winners.baseLine),
    baseFigure(winners),
    countFigure(program.results),
  ];
  return element('dl', { class: 'figures' }, ...figures);
}

export function createWorkloadFigures(measurement: Measurement): HTMLElement {
  const { baseLine, mostFrugal, leastPss } = findWorkloadWinners(measurement);
  const figures = [
    leastFigure('Least private memory', 'privateKb', mostFrugal, baseLine),
    leastFigure('Least PSS', 'pssKb', leastPss, baseLine),
    baseLine &&
      figure(
        'Base line',
        formatKb(baseLine.privateKb),
        `${nameOf(baseLine)}, ${formatKb(baseLine.pssKb)} PSS`,
      ),
    countFigure(measurement.workload),
  ];
  return element('dl', { class: 'figures' }, ...figures);
}

function figure(term: string, value: string, detail: string): HTMLElement {
  const parts = [element('strong', {}, value), element('span', {}, detail)];
  return element('div', {}, element('dt', {}, term), element('dd', {}, ...parts));
}

function fastestFigure({ fastest }: Winners): HTMLElement | undefined {
  if (fastest === undefined) return undefined;
  const ratio = fastest.startupRatio;
  const faster = ratio && ratio.median !== 1 ? `, ${threeDigits(ratio.median)} times as fast` : '';
  return figure('Fastest start-up', formatMs(fastest.startupMs.median), `${nameOf(fastest)}${faster}`);
}

type Memory = ResultHead & Pick<ProcessMemory, 'privateKb' | 'pssKb'>;

function leastFigure(
  term: string,
  name: 'privateKb' | 'pssKb',
  least: Memory | undefined,
  baseLine: Memory | undefined,
): HTMLElement | undefined {
  if (least === undefined) return undefined;
  const change = baseLine && baseLine !== least ? `, ${comparedWith(least[name], baseLine[name])}` : '';
  return figure(term, formatKb(least[name]), `${nameOf(least)}${change}`);
}

function baseFigure({ baseLine }: Winners): HTMLElement | undefined {
  if (baseLine === undefined) return undefined;
  const { startupMs, privateKb } = baseLine;
  const detail = `${nameOf(baseLine)}, ${formatKb(privateKb)} private`;
  if (startupMs === undefined) return figure('Base line', formatKb(privateKb), nameOf(baseLine));
  return figure('Base line', formatMs(startupMs.median), detail);
}

function countFigure(results: readonly (Result | WorkloadResult)[]): HTMLElement {
  const count = (status: string): number => results.filter((result) => result.status === status).length;
  const others = unmeasuredStatuses.filter((status) => count(status) > 0);
  const detail =
    others.map((status) => `${count(status)} ${statusText(status)}`).join(', ') ||
    'none refused, none failed';
  return figure('Measured', `${count('measured')} of ${results.length}`, detail);
}

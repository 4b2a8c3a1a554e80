/** The main plots: private memory of a process against its start-up, and against what its calls cost. */
import type { Estimate, MeasuredProgram, MeasuredResult, Measurement } from '../../measure/measurement.ts';
import { nameOf } from '../../measure/measurement.ts';
import { conclude, isMeasured, isTimed } from '../conclusion.ts';
import type { MemoryUnit } from '../format.ts';
import { formatMs, inUnit, listing, memoryUnitOf, threeDigits } from '../format.ts';
import { callOf, usualCall } from '../overall.ts';
import { element, section } from './element.ts';
import { createScatterFigure } from './scatter-figure.ts';
import type { Mark, Pair } from './standing.ts';

const yLabel = ({ name }: MemoryUnit): string => `↑ private memory of a process, ${name}`;
const intervals =
  'Bars are intervals: across, the 95 % interval of the median; upright, the lowest and the highest of the processes.';

/** All memory of a plot is in one unit. */
function unitOf(program: MeasuredProgram): MemoryUnit {
  return memoryUnitOf(program.results.filter(isMeasured).map(({ spread }) => spread.privateKb.high));
}

/** Start-up and private memory of the systems under which the start-up was timed. */
export function pairsOf(program: MeasuredProgram): readonly Pair[] {
  const unit = unitOf(program);
  return program.results
    .filter(isTimed)
    .map((result) => ({ head: result, x: result.startupMs, y: privateMemory(result, unit) }));
}

export function createStartupTradeOff(program: MeasuredProgram): HTMLElement {
  const figure = createScatterFigure({
    name: 'memory-against-start-up',
    pairs: pairsOf(program),
    xLabel: 'start-up, ms →',
    yLabel: yLabel(unitOf(program)),
    title: 'Private memory of a process against start-up time',
    description: `${conclude(program)} All figures are in the table below.`,
    describe: (mark) => describe(mark, unitOf(program), formatMs),
    caption: [intervals],
  });
  return section('Memory against start-up', figure);
}

/** Nothing where no system has both figures. */
export function createCallTradeOff(
  { calls }: Pick<Measurement, 'calls'>,
  program: MeasuredProgram,
): HTMLElement | undefined {
  if (calls === undefined) return undefined;
  const measured = program.results.filter(isMeasured);
  const unit = unitOf(program);
  const pairs = measured.flatMap((result): readonly Pair[] => {
    const x = callOf({ calls }, result);
    return x === undefined ? [] : [{ head: result, x, y: privateMemory(result, unit) }];
  });
  if (pairs.length === 0) return undefined;
  const without = measured.filter((result) => callOf({ calls }, result) === undefined).map(nameOf);
  const figure = createScatterFigure({
    name: 'memory-against-calls',
    pairs,
    xLabel: 'a call from one module to another, ns →',
    yLabel: yLabel(unit),
    title: 'Private memory of a process against the cost of calls',
    description: 'The nanoseconds of a call in a loop, and private memory, of each system.',
    describe: (mark) => describe(mark, unit, (ns) => `${threeDigits(ns)} ns a call`),
    caption: [
      'A call is that of a loop, with all predictors warm, to a PLT slot (',
      element('code', {}, usualCall),
      ` of the call lab); in one statically linked executable it takes ${threeDigits(calls.staticLink[usualCall].ns.median)} ns. ${intervals}`,
      without.length > 0 ? ` Without a figure of calls: ${listing(without)}.` : undefined,
    ],
  });
  return section('Memory against the cost of calls', figure);
}

function privateMemory({ privateKb, spread }: MeasuredResult, { kb }: MemoryUnit): Estimate {
  const { low, high } = spread.privateKb;
  return { median: privateKb / kb, low: low / kb, high: high / kb };
}

function describe({ name, x, y }: Mark, unit: MemoryUnit, format: (value: number) => string): string {
  const memory = (amount: number): string => inUnit(amount * unit.kb, unit);
  const lines = [
    name,
    `${format(x.median)} (${format(x.low)} to ${format(x.high)})`,
    `${memory(y.median)} ${unit.name} private (${memory(y.low)} to ${memory(y.high)})`,
  ];
  return lines.join('\n');
}

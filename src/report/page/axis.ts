/** Axes that the plots share: from zero, or logarithmic. */

export type ScaleKind = 'linear' | 'log';

/** As people choose between them. */
export const scaleWords: Readonly<Record<ScaleKind, string>> = { linear: 'from zero', log: 'logarithmic' };

export interface Axis {
  readonly type: ScaleKind;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/** An axis that holds all values with a margin and has about so many ticks. */
export function fitAxis(values: readonly number[], type: ScaleKind, ticks: number): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const domain = type === 'linear' ? ([0, most * 1.08] as const) : ([least / 1.3, most * 1.2] as const);
  const numbers = type === 'linear' ? evenNumbers(domain[1], ticks) : roundNumbers(domain, ticks);
  return { type, domain, ticks: numbers };
}

/** `12,000`, `0.5`. */
export function plainNumber(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 3 });
}

/** 0, 20, 40, …: the step is 1, 2 or 5 times a power of ten. */
function evenNumbers(to: number, count: number): number[] {
  const rough = to / count;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * decade >= rough) ?? 10) * decade;
  return Array.from({ length: Math.floor(to / step) + 1 }, (_, index) => index * step);
}

const ladders = [
  [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8],
  [1, 1.5, 2, 3, 4, 5, 7],
  [1, 2, 3, 5],
  [1, 2, 5],
  [1, 3],
  [1],
];

/** Round numbers of a logarithmic axis: as dense as the count allows. */
function roundNumbers([from, to]: readonly [number, number], count: number): number[] {
  const first = Math.floor(Math.log10(from));
  const decades = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, index) => first + index);
  const rungs = ladders.map((ladder) =>
    decades
      .flatMap((decade) => ladder.map((factor) => Number((factor * 10 ** decade).toPrecision(3))))
      .filter((number) => number >= from && number <= to),
  );
  return rungs.find((numbers) => numbers.length <= count) ?? rungs.at(-1)!;
}

/** Values that differ by more than this factor are shown on a logarithmic axis at first. */
const wideRange = 3;

/** The scale on which most of the values can be told apart. */
export function preferredScale(values: readonly number[]): ScaleKind {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least > 0 && most / least > wideRange ? 'log' : 'linear';
}

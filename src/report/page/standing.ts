/** How a system stands among the others when two figures count, of both of which less is better. */
import type { Estimate, ResultHead } from '../../measure/measurement.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';

/** `unbeaten`: no other is clearly better in one figure and not clearly worse in the other: intervals that overlap are a tie. */
type Standing = 'base line' | 'unbeaten' | 'beaten';

/** A variant with its two figures. */
export interface Pair {
  readonly head: ResultHead;
  readonly x: Estimate;
  readonly y: Estimate;
}

/** A variant as a mark of a plot. */
export interface Mark extends Pair {
  readonly name: string;
  readonly standing: Standing;
}

export function toMarks(pairs: readonly Pair[]): readonly Mark[] {
  return pairs.map((pair) => ({ ...pair, name: nameOf(pair.head), standing: standingOf(pair, pairs) }));
}

function standingOf(pair: Pair, all: readonly Pair[]): Standing {
  if (isBaseLine(pair.head)) return 'base line';
  return isBeaten(pair, all) ? 'beaten' : 'unbeaten';
}

function isBeaten(pair: Pair, all: readonly Pair[]): boolean {
  return all.some((other) => beats(other, pair));
}

function beats(one: Pair, other: Pair): boolean {
  const isNowhereWorse = !isClearlyLess(other.x, one.x) && !isClearlyLess(other.y, one.y);
  return isNowhereWorse && (isClearlyLess(one.x, other.x) || isClearlyLess(one.y, other.y));
}

function isClearlyLess(one: Estimate, other: Estimate): boolean {
  return one.high < other.low;
}

function isBelowAndLeft(one: Pair, other: Pair): boolean {
  const [dx, dy] = [one.x.median - other.x.median, one.y.median - other.y.median];
  return dx <= 0 && dy <= 0 && dx + dy < 0;
}

/** The Pareto front of the medians from left to right: where a line through the best choices has its corners. It ranks none of them. */
export function frontOf<P extends Pair>(pairs: readonly P[]): readonly P[] {
  return pairs
    .filter((pair) => !pairs.some((other) => isBelowAndLeft(other, pair)))
    .sort((one, other) => one.x.median - other.x.median || one.y.median - other.y.median);
}

/**
 * Few enough marks to read: the front, the base line, and of each system that is not on the front the variant with the least
 * product of both figures.
 */
export function bestVariants<P extends Pair>(pairs: readonly P[]): readonly P[] {
  const chosen = new Set<P>([...frontOf(pairs), ...pairs.filter(({ head }) => isBaseLine(head))]);
  const systemsOf = (): Set<string> => new Set([...chosen].map(({ head }) => head.system));
  const byProduct = [...pairs].sort((one, other) => productOf(one) - productOf(other));
  for (const pair of byProduct) if (!systemsOf().has(pair.head.system)) chosen.add(pair);
  return pairs.filter((pair) => chosen.has(pair));
}

function productOf({ x, y }: Pair): number {
  return x.median * y.median;
}

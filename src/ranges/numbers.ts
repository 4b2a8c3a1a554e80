/**
 * Numbers that a module has for itself in a collection, as long as it has its range of addresses: of its functions, or of its
 * slots in a table. They say nothing of addresses, so that code which holds them is the same wherever modules are.
 */
import type { Holding, Numbers, Wanted } from './addresses.ts';
import { present } from '../util/present.ts';

/** The first numbers that are free, for each new holding in its order; those held keep theirs. */
export function assignNumbers(
  held: readonly Holding[],
  added: readonly Holding[],
  wanted: readonly Wanted[],
): Holding[] {
  const counts = new Map(wanted.map(({ key, numbers = 0 }) => [key, numbers]));
  const taken = held.flatMap(({ numbers }) => numbers ?? []).sort((a, b) => a.first - b.first);
  return added.map((holding) => {
    const count = present(counts.get(holding.key), 'wish for a new range');
    if (count === 0) return holding;
    const numbers = { first: firstFree(taken, count), count };
    taken.push(numbers);
    taken.sort((a, b) => a.first - b.first);
    return { ...holding, numbers };
  });
}

/** `taken`: ascending. */
function firstFree(taken: readonly Numbers[], count: number): number {
  let next = 0;
  for (const { first, count: length } of taken) {
    if (next + count <= first) return next;
    next = Math.max(next, first + length);
  }
  return next;
}

/** The first number above all of these. */
export function numbersEnd(numbers: readonly (Numbers | undefined)[]): number {
  return Math.max(0, ...numbers.map((each) => (each ? each.first + each.count : 0)));
}

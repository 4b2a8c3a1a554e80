/** Searches by halves, in what is sorted. */

/** The smallest whole number from `low` on for which `holds`, which is true from there on; `high` where none below is. */
export function firstFrom(low: number, high: number, holds: (index: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = from + Math.floor((to - from) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Index of the first value that is not below `least`. */
export function firstAtLeast(ascending: readonly number[] | Uint32Array, least: number): number {
  return firstFrom(0, ascending.length, (index) => ascending[index]! >= least);
}

/** The range that holds an address; `ranges` are apart from each other, and ascending. */
export function rangeAt<T extends { readonly start: number; readonly end: number }>(
  ranges: readonly T[],
  address: number,
): T | undefined {
  const found = ranges[firstFrom(0, ranges.length, (index) => ranges[index]!.end > address)];
  return found && address >= found.start ? found : undefined;
}

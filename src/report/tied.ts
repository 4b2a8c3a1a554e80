/**
 * Which results are the best by a figure of which less is better. Where intervals overlap nothing is ranked: all that cannot be told
 * from the least are named with it. Nothing here needs Node.
 */
import type { Spread } from '../measure/measurement.ts';

/** The least, and those whose intervals overlap its own: no worse as far as the samples tell. */
export interface Best<R> {
  readonly least: R;
  readonly tied: readonly R[];
}

/** A value, and how far it may be off. */
export type Ranged = Spread & { readonly value: number };

/** Those without a value do not compete; undefined where none has one. The first in the list of equals is the least. */
export function bestOf<R>(
  results: readonly R[],
  rangeOf: (result: R) => Ranged | undefined,
): Best<R> | undefined {
  const ranged = results.flatMap((result) => {
    const range = rangeOf(result);
    return range ? [{ result, range }] : [];
  });
  const [first, ...others] = ranged;
  if (first === undefined) return undefined;
  const least = others.reduce((best, one) => (one.range.value < best.range.value ? one : best), first);
  const tied = ranged.filter((one) => one !== least && one.range.low <= least.range.high);
  return { least: least.result, tied: tied.map(({ result }) => result) };
}

/** More names than these are a number. */
const few = 3;

/** `tied with prelink files`, `tied with 22 others`; empty where nothing is. */
export function tiedText(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `tied with ${names.length < few ? names.join(' and ') : `${String(names.length)} others`}`;
}

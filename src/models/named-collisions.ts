/** Real names against the formulas: are their hashes as good as dice? */
import type { Random } from './collision.ts';
import type { Simulated } from './wilson.ts';
import { wilson } from './wilson.ts';
import { tally } from '../util/tally.ts';

/** Names as a file has them: one a line. */
export function readNames(text: string): readonly string[] {
  return [...new Set(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')))];
}

/** Pairs of places that are the same. */
export function collidingPairs(places: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const place of places) tally(counts, place);
  return [...counts.values()].reduce((sum, count) => sum + pairsOf(count), 0);
}

/** n(n−1)/2: of which one in 2^bits has the same place, if places are drawn. */
export function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}

export interface SampleTrials {
  /** The hashes of all names. */
  readonly places: readonly number[];
  /** How many of them a program has. */
  readonly libraries: number;
  readonly trials: number;
  readonly random: Random;
}

/** How often so many of the names, drawn without replacement, have a collision. There must be as many. */
export function sampleCollisions({ places, libraries, trials, random }: SampleTrials): Simulated {
  const pool = [...places];
  let collisions = 0;
  for (let trial = 0; trial < trials; trial++) {
    shuffleHead(pool, libraries, random);
    if (new Set(pool.slice(0, libraries)).size < libraries) collisions++;
  }
  return wilson(collisions, trials);
}

/** The first `count` are a fair sample of all afterwards (Fisher and Yates). */
function shuffleHead(pool: number[], count: number, random: Random): void {
  for (let index = 0; index < count; index++) {
    const other = index + random(pool.length - index);
    [pool[index], pool[other]] = [pool[other]!, pool[index]!];
  }
}

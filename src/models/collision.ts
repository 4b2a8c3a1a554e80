/**
 * How likely it is that names, hashed to addresses, want the same one. A hash is taken to be uniform; models/data has real names to
 * judge that by. The birthday problem: W. Feller, An Introduction to Probability Theory and Its Applications I, II.3.
 */
import { firstFrom } from '../util/search.ts';
import type { Simulated } from './wilson.ts';
import { wilson } from './wilson.ts';

/** Draws a whole number from 0 up to, not including, `limit`. */
export type Random = (limit: number) => number;

/** Draws of names, to be counted in place of computed. */
export interface CollisionTrials {
  readonly bits: number;
  /** Of each library, one behind the other from its hashed one. */
  readonly blocks: readonly number[];
  readonly trials: number;
  readonly random: Random;
}

/**
 * The probability that at least two of so many names have one hash of so many bits. Exact: 1 − ∏ (1 − i/m), i < n, over m = 2^bits
 * values, summed as logarithms so that small probabilities keep their digits.
 */
export function collisionProbability(bits: number, libraries: number): number {
  return overlapProbability(bits, libraries, libraries);
}

/** The usual approximation, 1 − e^(−n(n−1)/2m): too small, by the terms of third order. */
export function approximateCollisionProbability(bits: number, libraries: number): number {
  return 0 - Math.expm1((-libraries * (libraries - 1)) / 2 ** (bits + 1));
}

/**
 * The probability that libraries of several blocks overlap, each in as many blocks as it says, from a hashed one on; the last
 * block is followed by the first. Exact: n arcs of K blocks in all lie apart on a circle of m in m·(m−K+n−1)!/(m−K)! ways (the
 * first anywhere; the others, in any order, with the free blocks between them), of mⁿ; that is ∏ (1 − (K−i)/m), 1 ≤ i < n.
 */
export function blockCollisionProbability(bits: number, blocks: readonly number[]): number {
  const all = blocks.reduce((sum, each) => sum + each, 0);
  return overlapProbability(bits, blocks.length, all);
}

/**
 * The first number of libraries whose probability of a collision is at least that, each of so many blocks. Throws RangeError where
 * the probability is not between 0 and 1.
 */
export function librariesAtProbability(bits: number, probability: number, blocks = 1): number {
  if (!(probability > 0 && probability < 1))
    throw new RangeError(`${String(probability)} is not between 0 and 1`);
  // As many as there is room for, and one more, collide for certain.
  return firstFrom(1, 2 ** bits + 1, isLikely);

  function isLikely(libraries: number): boolean {
    // Far above the answer the sum would be long, and the approximation, which is never too large, already decides.
    if (approximateCollisionProbability(bits, libraries) >= probability) return true;
    return overlapProbability(bits, libraries, libraries * blocks) >= probability;
  }
}

/** Throws dice. */
export function simulateCollisions(settings: CollisionTrials): Simulated {
  let collisions = 0;
  for (let trial = 0; trial < settings.trials; trial++) if (doCollide(settings)) collisions++;
  return wilson(collisions, settings.trials);
}

function doCollide({ bits, blocks, random }: CollisionTrials): boolean {
  const size = 2 ** bits;
  return areOverlapping(
    size,
    blocks.map((length) => ({ first: random(size), length })),
  );
}

/** Whole blocks for each. */
export function blocksOf(sizes: readonly number[], block: number): readonly number[] {
  return sizes.map((bytes) => Math.ceil(bytes / block));
}

/** Consecutive blocks on a circle. */
interface Arc {
  readonly first: number;
  readonly length: number;
}

/** Whether two of them, on a circle of so many blocks, have a block in common. */
export function areOverlapping(size: number, arcs: readonly Arc[]): boolean {
  const sorted = [...arcs].sort((a, b) => a.first - b.first);
  return sorted.some(({ first, length }, index) => {
    const next = sorted[index + 1];
    // The last one is followed by the first, once around.
    const end = next ? next.first : (sorted[0]?.first ?? 0) + size;
    return first + length > end;
  });
}

/** The logarithm of a probability that is 0 beside 1: the least that 64 bits of a number tell from 1 is e^−37. */
const impossible = -40;

/** Of `libraries` that take `blocks` in all. */
function overlapProbability(bits: number, libraries: number, blocks: number): number {
  const size = 2 ** bits;
  if (blocks > size) return 1;
  let logarithm = 0;
  for (let i = 1; i < libraries && logarithm > impossible; i++) logarithm += Math.log1p((i - blocks) / size);
  // Not −0 where nothing can collide.
  return 0 - Math.expm1(logarithm);
}

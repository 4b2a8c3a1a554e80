/**
 * A small seeded generator of random numbers, so that the same samples always give the same interval.
 * Mulberry32: a Weyl sequence through a 32-bit mixer; its period of 2^32 is far above what a bootstrap draws.
 */

/** Returns a function that draws a whole number from 0 up to, not including, `limit` (at most 2^32). */
export function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

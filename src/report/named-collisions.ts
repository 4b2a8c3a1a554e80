/** How often hashes of real names collide, for reports. Nothing here needs Node. */
import type { Simulated } from '../models/wilson.ts';

/** Of one width of the hash. */
export interface NamedCollisions {
  readonly bits: number;
  /** Names of which the libraries were drawn. */
  readonly names: number;
  /** Pairs among all names that have the same hash, and how many dice would give. */
  readonly pairs: number;
  readonly expectedPairs: number;
  /** Draws of each number of libraries. */
  readonly trials: number;
  readonly points: readonly (Simulated & { readonly libraries: number })[];
}

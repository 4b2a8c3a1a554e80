/** The arrangement of a variant, with its tables where a person wants them. */
import type { Arrangement } from '../ranges/arrangement.ts';
import { LinkonceError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import type { ArrangedVariant } from './system.ts';

/** Throws LinkonceError where the variant has no tables whose base could be chosen, or they cannot be there. */
export function arrangementWith(
  { arrangement, arrangementAt }: ArrangedVariant,
  bases: readonly Address[] = [],
): Arrangement {
  if (bases.length === 0) return arrangement;
  if (!arrangementAt) throw new LinkonceError('the system has no tables whose base could be chosen');
  return arrangementAt(bases);
}

/** How random addresses are where a base is drawn for all modules: with the launcher or store, or again at each boot. */
import { baseBits } from '../../capture/placement.ts';
import type { Randomness } from '../system.ts';

/** `bits`: of the base that are not lost to the system's own units. */
export function drawnForStore(bits: number = baseBits): readonly Randomness[] {
  return [
    { bits, drawn: 'store' },
    { bits, drawn: 'boot' },
  ];
}

/** The same addresses everywhere. */
export const neverDrawn: readonly Randomness[] = [{ bits: 0, drawn: 'never' }];

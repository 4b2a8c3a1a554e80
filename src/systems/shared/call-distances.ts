/** How the call lab has the calls of a system lead near and far. */
import { drawBase } from '../../capture/placement.ts';
import type { CallDistance, SystemVariant } from '../system.ts';

/** Between any two modules, which may be so many: Zen 4 takes longer for targets outside of a branch's own 128 GiB (docs/systems.md). */
const gap = 2 ** 38;
const bits = 44;

/** Modules are side by side, or with gaps. */
const sideBySide: CallDistance = {
  usual: 'near',
  other: { apart: gap, space: () => ({ base: drawBase(), bits }) },
};

/** Code in low memory leads to modules far above; or these are below 2 GiB, too, and below all tables. */
export const throughLowCode: CallDistance = {
  usual: 'far',
  other: { space: () => ({ base: 0x2000_0000, bits: 30 }) },
};

/** All is within 2 GiB, and cannot be otherwise. */
export const onlyNear = (why: string): CallDistance => ({ usual: 'near', other: why });

/** What a variant states, or what holds for all that state nothing. */
export function callDistanceOf({ callDistance, arrangement }: SystemVariant): CallDistance {
  if (callDistance) return callDistance;
  return arrangement ? sideBySide : onlyNear('it arranges no modules itself');
}

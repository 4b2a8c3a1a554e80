/** What systems have in common that write a copy of each module, with its calls changed, at a range of its own. */
import { baseBits } from '../../capture/placement.ts';
import type { Arrangement } from '../../ranges/arrangement.ts';
import type { SystemProperties } from '../system.ts';

export const rewrittenCopies: Arrangement = {
  protections: 'merged',
  files: 'module',
  codeFromModules: false,
  addresses: 'unique',
  growth: 1 / 8,
  fixedBase: false,
  onCollision: 'hand-over',
};

export const copyProperties: Pick<SystemProperties, 'onUpgrade' | 'aslr'> = {
  onUpgrade: 'the module and its dependents are relocated again; until then hands over to ld.so',
  aslr: [
    { bits: baseBits, drawn: 'store' },
    { bits: baseBits, drawn: 'boot' },
  ],
};

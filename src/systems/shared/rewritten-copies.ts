/** What systems have in common that write a copy of each module, with its calls changed, at a range of its own. */
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

export const copyProperties: Pick<SystemProperties, 'onUpgrade'> = {
  onUpgrade: 'the module and its dependents are relocated again; until then hands over to ld.so',
};

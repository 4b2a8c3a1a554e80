/**
 * Common system 5 of the seed: prelinking without collision handling, as very old Linux versions had it. A module's address
 * depends on its name only and is the same everywhere; where two want the same range, that is an error.
 */
import type { Arrangement } from '../../ranges/arrangement.ts';
import { boundCosts } from '../shared/bound-costs.ts';
import { neverDrawn } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import type { CallDistance, System } from '../system.ts';

const everywhere: Arrangement = {
  protections: 'exact',
  files: 'module',
  codeFromModules: false,
  addresses: 'by-path',
  growth: 1 / 8,
  fixedBase: true,
  onCollision: 'end',
};

/** Hashed into 1 TiB, or into 1 GiB. */
const hashedPaths: CallDistance = {
  usual: 'far',
  other: { space: () => ({ base: 0x2000_0000_0000, bits: 30 }) },
};

export const fixed: System = {
  id: 'fixed',
  seed: 'common 5',
  summary: 'a relocated copy of each module at a global fixed address; no collision handling',
  properties: {
    placement: 'each module at an address that its path gives, the same on every machine',
    shared: 'everything of the relocated copies, between all programs of the store',
    private: 'pages with words of the process itself',
    work: { mapping: 'start-up, module by module', relocation: 'bind', binding: 'bind' },
    onCollision: 'an error that names module, range, and who holds it',
    onUpgrade: 'hands over to ld.so until the program is bound again',
    ...preparedModules,
  },
  variants: [
    {
      id: 'files',
      summary: 'one relocated file for each module',
      arrangement: everywhere,
      randomness: neverDrawn,
      callDistance: hashedPaths,
      seenBy: codeInCopies,
      costs: boundCosts({ mappings: { once: 21, modules: 3, writers: 1 } }),
    },
  ],
};

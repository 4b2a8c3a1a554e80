/**
 * Common system 2 of the seed: position-independent code with GOT and PLT, and prelinked files that are used if possible. A
 * module's code is mapped from its own file, its relocated data from a prelinked file for its preferred address; where
 * anything is not as at bind, the platform's linker relocates as ever.
 */
import type { Arrangement } from '../../ranges/arrangement.ts';
import { boundCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInModules } from '../shared/sights.ts';
import type { System } from '../system.ts';

const prelinked: Arrangement = {
  protections: 'exact',
  files: 'module',
  codeFromModules: true,
  addresses: 'overlapping',
  growth: 1 / 8,
  fixedBase: false,
  onCollision: 'hand-over',
};

export const prelink: System = {
  id: 'prelink',
  seed: 'common 2',
  summary: 'a prelinked data file for each module, used where the module is unchanged and its range is free',
  properties: {
    placement: 'each module at its preferred address, unique as long as the window has room',
    shared: 'code and read-only data of the module files, with unbound programs too; prelinked data and GOT',
    private:
      'pages with words of the process itself; all relocated pages where the prelinked files are not used',
    work: {
      mapping: 'start-up, module by module',
      relocation: 'bind; start-up where the prelinked files are not used',
      binding: 'bind; first call where the prelinked files are not used',
    },
    onCollision: 'ordinary relocation by ld.so',
    onUpgrade: 'ordinary relocation by ld.so until the program is bound again',
    ...preparedModules,
  },
  variants: [
    {
      id: 'files',
      summary: 'code from the module files, data from prelinked files',
      arrangement: prelinked,
      randomness: drawnForStore(),
      seenBy: codeInModules,
      costs: boundCosts({ mappings: { once: 23, modules: 4, writers: 1 }, steps: { modules: 2 } }),
    },
  ],
};

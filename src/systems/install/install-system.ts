/**
 * Common system 6 of the seed: relocation at installation. Every module gets an address of its own on this machine, and a
 * relocated copy is written; nothing of that is left at start-up.
 */
import type { Arrangement } from '../../ranges/arrangement.ts';
import { boundCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import type { System } from '../system.ts';

const installed: Arrangement = {
  protections: 'exact',
  files: 'module',
  codeFromModules: false,
  addresses: 'unique',
  growth: 1 / 8,
  fixedBase: false,
  onCollision: 'hand-over',
};

export const install: System = {
  id: 'install',
  seed: 'common 6',
  summary: 'a relocated copy of each module, at an address of its own on this machine',
  properties: {
    placement: 'each module at a range of its own, with room to grow; refused where the window is full',
    shared: 'everything of the relocated copies, between all programs of the store',
    private: 'pages with words of the process itself',
    work: {
      mapping: 'start-up, module by module',
      relocation: 'installation: when a program is added, and when a module changed',
      binding: 'installation',
    },
    onCollision: 'hands over to ld.so',
    onUpgrade: 'the module and its dependents are relocated again; until then hands over to ld.so',
    ...preparedModules,
  },
  variants: [
    {
      id: 'files',
      summary: 'one relocated file for each module',
      arrangement: installed,
      randomness: drawnForStore(),
      seenBy: codeInCopies,
      costs: boundCosts({ mappings: { once: 21, modules: 3, writers: 1 } }),
    },
  ],
};

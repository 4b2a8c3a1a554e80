/**
 * Common system 3 of the seed: prelinking, and on collision: relocate on startup, as Windows NT did with its DLLs. A module
 * whose range is taken goes elsewhere, and only the words that refer to it are fixed, in private copies of their pages.
 */
import type { Arrangement } from '../../ranges/arrangement.ts';
import { slideBits } from '../../image/plan-layout.ts';
import type { CostLaw } from '../../models/cost-law.ts';
import { linkMapPages } from '../../models/cost-law.ts';
import { boundCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { codeInModules } from '../shared/sights.ts';
import type { System } from '../system.ts';

const preferred: Arrangement = {
  protections: 'exact',
  files: 'module',
  codeFromModules: true,
  addresses: 'overlapping',
  growth: 1 / 8,
  fixedBase: false,
  onCollision: 'move',
};

const unmoved = boundCosts({ mappings: { once: 23, modules: 4, writers: 1 }, steps: { modules: 2 } });
/** Every page with a reference is private, those of executable and linker as well. */
const moved: CostLaw = {
  ...unmoved,
  mappings: { once: 24, modules: 4, writers: 1 },
  privatePages: { once: 23.5, modules: linkMapPages, relocatedPages: 1, writablePages: 1 },
  sharedPages: { filePages: 1, relocatedPages: -1, writablePages: -1 },
};

export const rebaseStartup: System = {
  id: 'rebase-startup',
  seed: 'common 3',
  summary: 'prelinked data files; a module whose range is taken is moved at start-up',
  properties: {
    placement:
      'each module at its preferred address, unique as long as the window has room; elsewhere where that is taken. slide: preferred address plus a distance that each process draws; plan and loader stay',
    shared:
      'code and read-only data of the module files, with unbound programs too; prelinked data and GOT without fixed words',
    private:
      'pages with words of the process itself; pages with references to a module that moved; slide: every page with a reference',
    work: {
      mapping: 'start-up: a range reserved for each module, then mapped module by module',
      relocation: 'bind; start-up for references to modules that moved (slide: for all)',
      binding: 'bind',
    },
    onCollision:
      'the module goes where the kernel has room, and references to it are fixed; ld.so where an executable with fixed addresses, plan or loader, or the memory of the linker itself is concerned',
    onUpgrade: 'hands over to ld.so until the program is bound again',
    onDlopen: 'everything by ld.so: what is prepared would have to be fixed for where the others moved',
  },
  variants: [
    {
      id: 'collision',
      summary: 'a module moves where its range is taken',
      arrangement: preferred,
      randomness: drawnForStore(),
      seenBy: codeInModules,
      costs: unmoved,
    },
    {
      id: 'slide',
      summary: 'everything moves by a distance that each process draws',
      arrangement: { ...preferred, slides: true },
      randomness: [...drawnForStore(), { bits: slideBits, drawn: 'process' }],
      seenBy: codeInModules,
      costs: moved,
    },
  ],
};

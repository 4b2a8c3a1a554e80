/**
 * Solution 5 of the seed: a dispatcher page before each module's code, which contains only the module's imports. Its variants
 * are the seed's own steps against the private page that each module costs.
 */
import { copyProperties, rewrittenCopies } from '../shared/rewritten-copies.ts';
import { boundPages, boundPrivate, copyCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import type { System } from '../system.ts';
import { atFileEnd, filledAtStart, fromCache, fromStore } from './import-page-calls.ts';

/** The executable, the C library and the linker have pages of imports as well: three. */
const besideCode = copyCosts(18, { importers: 1 });
const sharedPages = { filePages: 1, importPages: 1 };

export const importPage: System = {
  id: 'import-page',
  seed: 'solution 5',
  summary: "a page with each module's imports next to its code, reached by a displacement",
  properties: {
    placement: 'each module at a range of its own, its pages of imports before it (end: behind it)',
    shared:
      "everything of the rewritten copies; pages of imports: cache: between a program's processes; end, shared: between all programs",
    private: 'pages with words of the process itself; start-up: the pages of imports of each module',
    work: {
      mapping: 'start-up, module by module; start-up, cache: one more for each module',
      relocation: 'bind',
      binding: 'bind; start-up: the pages of imports are filled by each process',
    },
    onCollision: 'hands over to ld.so',
    ...copyProperties,
    ...preparedModules,
  },
  variants: [
    {
      id: 'start-up',
      summary: 'each process fills its pages of imports: private memory',
      arrangement: { ...rewrittenCopies, calls: filledAtStart },
      randomness: drawnForStore(),
      seenBy: codeInCopies,
      costs: { ...besideCode, privatePages: boundPrivate({ once: boundPages + 3, importPages: 1 }) },
    },
    {
      id: 'cache',
      summary: "mapped from a dispatcher-cache file: the program's image",
      arrangement: { ...rewrittenCopies, calls: fromCache },
      randomness: drawnForStore(),
      seenBy: codeInCopies,
      costs: { ...besideCode, sharedPages },
    },
    {
      id: 'end',
      summary: "at the end of each module's own file: no mapping more",
      arrangement: { ...rewrittenCopies, calls: atFileEnd },
      randomness: drawnForStore(),
      seenBy: codeInCopies,
      // Behind a module's writable pages they are one mapping more.
      costs: { ...copyCosts(18, { importingWriters: 1 }), sharedPages },
    },
    {
      id: 'shared',
      summary: "before each module in the store's file: shared by all processes",
      arrangement: { ...rewrittenCopies, calls: fromStore },
      randomness: drawnForStore(),
      seenBy: codeInCopies,
      costs: { ...copyCosts(15), sharedPages },
    },
  ],
};

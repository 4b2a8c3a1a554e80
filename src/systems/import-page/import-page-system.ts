/**
 * Solution 5 of the seed: a dispatcher page before each module's code, which contains only the module's imports. Its variants
 * are the seed's own steps against the private page that each module costs.
 */
import { baseBits } from '../../capture/placement.ts';
import type { Arrangement } from '../../collection/arrangement.ts';
import { buildCollection } from '../../collection/build.ts';
import type { System } from '../system.ts';
import { atFileEnd, filledAtStart, fromCache, fromStore } from './import-page-calls.ts';

const paged: Arrangement = {
  protections: 'merged',
  files: 'module',
  codeFromModules: false,
  addresses: 'unique',
  growth: 1 / 8,
  fixedBase: false,
  onCollision: 'hand-over',
};

const arrangements = {
  'start-up': { ...paged, calls: filledAtStart },
  cache: { ...paged, calls: fromCache },
  end: { ...paged, calls: atFileEnd },
  shared: { ...paged, calls: fromStore },
};

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
    onUpgrade: 'the module and its dependents are relocated again; until then hands over to ld.so',
    aslr: [
      { bits: baseBits, drawn: 'store' },
      { bits: baseBits, drawn: 'boot' },
    ],
  },
  variants: [
    { id: 'start-up', summary: 'each process fills its pages of imports: private memory' },
    { id: 'cache', summary: "mapped from a dispatcher-cache file: the program's image" },
    { id: 'end', summary: "at the end of each module's own file: no mapping more" },
    { id: 'shared', summary: "before each module in the store's file: shared by all processes" },
  ],
  arrangements,
  build: (subjects, request) =>
    buildCollection(subjects, arrangements[request.variant as keyof typeof arrangements], request),
};

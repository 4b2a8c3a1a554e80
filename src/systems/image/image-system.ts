/**
 * Solution 1 of the seed: one image with the code and data of all modules of all programs, mapped in a few operations.
 * Everything that the dynamic linker computed is in it; a process writes the few words that are its own.
 */
import type { Arrangement } from '../../ranges/arrangement.ts';
import type { CostLaw, Terms } from '../../models/cost-law.ts';
import { boundCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies, codeInModules } from '../shared/sights.ts';
import { onlyNear } from '../shared/call-distances.ts';
import type { System } from '../system.ts';
import { directCalls } from './direct-calls.ts';

const partitions: Arrangement = {
  protections: 'merged',
  files: 'partition',
  codeFromModules: false,
  addresses: 'reused',
  growth: 0,
  fixedBase: false,
  onCollision: 'hand-over',
};

/**
 * Bytes. Processes that are alone with a file pay for each of its pages that a fault nearby maps, also for those of a .bss that they
 * never touch.
 */
const freshZero = 8 * 1024;

/** What the linker wrote, and nothing that a module's own file has: that is shared with processes that are not bound, too. */
const data: Arrangement = {
  ...partitions,
  protections: 'exact',
  files: 'collection',
  addresses: 'unique',
  codeFromModules: true,
  freshZero,
};

/** Bits of the displacement of a call, which has a sign. */
const callReach = 31;

/** One image file for one program, whatever else is bound. */
const single: Arrangement = { ...partitions, protections: 'exact', files: 'program', addresses: 'unique' };

/**
 * Modules without writable pages join their neighbours; one with such pages stands between two ranges of code. There are no files
 * of modules to be opened.
 */
const inImage = (mappings: Terms): CostLaw => boundCosts({ mappings, steps: {} });
/** A file would be as long as the gaps, and tools follow code through it by 32 bits. */
const inOneFile = onlyNear('one file has all modules, and gaps in memory would be gaps in it');

export const image: System = {
  id: 'image',
  seed: 'solution 1',
  summary: 'one image with the code and data of all modules, bound and relocated',
  properties: {
    placement: 'all modules without gaps, neighbours by who uses them, at a base drawn for the store',
    shared:
      'relocated data and GOT until the program writes to them; code and read-only data, under data with unbound programs, too',
    private: 'pages with words of the process itself (stack pointer, canary, vdso, …): a handful',
    work: {
      mapping:
        'start-up: one call for each run of modules, under data for each module; one for each writable range',
      relocation: 'bind',
      binding: 'bind',
    },
    onCollision: 'hands over to ld.so',
    onUpgrade: 'hands over to ld.so until the program is bound again',
    ...preparedModules,
  },
  variants: [
    {
      id: 'data',
      summary: 'one image of what the linker wrote; code and constants are those of the modules themselves',
      arrangement: data,
      randomness: drawnForStore(),
      callDistance: inOneFile,
      seenBy: codeInModules,
      costs: inImage({ once: 22, modules: 4, writers: 1 }),
    },
    {
      id: 'single',
      summary: 'one program, one image file; every range protected as under ld.so',
      arrangement: single,
      randomness: drawnForStore(),
      callDistance: inOneFile,
      seenBy: codeInCopies,
      costs: inImage({ once: 22, modules: 2, writers: 2 }),
    },
    {
      id: 'merged',
      summary: 'the same; read-only data and code of a module are one executable range',
      arrangement: { ...single, protections: 'merged' },
      randomness: drawnForStore(),
      callDistance: inOneFile,
      seenBy: codeInCopies,
      costs: inImage({ once: 15, writers: 2 }),
    },
    {
      id: 'partitions',
      summary: 'one image for all programs, in partitions; ranges as in merged',
      arrangement: partitions,
      randomness: drawnForStore(),
      callDistance: inOneFile,
      seenBy: codeInCopies,
      costs: inImage({ once: 16, writers: 2 }),
    },
    {
      id: 'direct',
      summary: 'the same; calls lead straight to their functions, without PLT and GOT',
      arrangement: { ...partitions, calls: directCalls, reach: callReach },
      randomness: drawnForStore(),
      callDistance: inOneFile,
      seenBy: codeInCopies,
      costs: inImage({ once: 16, writers: 2 }),
    },
  ],
};

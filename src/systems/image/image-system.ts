/**
 * Solution 1 of the seed: one image with the code and data of all modules of all programs, mapped in a few operations.
 * Everything that the dynamic linker computed is in it; a process writes the few words that are its own.
 */
import { baseBits } from '../../capture/placement.ts';
import type { Arrangement } from '../../ranges/arrangement.ts';
import { buildCollection } from '../../bind/bind-programs.ts';
import type { Protections } from '../../image/pieces.ts';
import type { CostLaw, Terms } from '../../models/cost-law.ts';
import { boundCosts } from '../shared/bound-costs.ts';
import type { System } from '../system.ts';
import { directCalls } from './direct-calls.ts';
import { buildSingle } from './single.ts';

const partitions: Arrangement = {
  protections: 'merged',
  files: 'partition',
  codeFromModules: false,
  addresses: 'unique',
  growth: 0,
  fixedBase: false,
  onCollision: 'hand-over',
};

const arrangements: Readonly<Record<string, Arrangement>> = {
  partitions,
  direct: { ...partitions, calls: directCalls },
};

/** One image file for one program, whatever else is bound. */
const singleImages: Readonly<Record<string, Protections>> = { single: 'exact', merged: 'merged' };

/**
 * Modules without writable pages join their neighbours; one with such pages stands between two ranges of code. There are no files
 * of modules to be opened.
 */
const inImage = (mappings: Terms): CostLaw => boundCosts({ mappings, steps: {} });
const costs = {
  single: inImage({ once: 22, modules: 2, writers: 2 }),
  merged: inImage({ once: 15, writers: 2 }),
  partitions: inImage({ once: 16, writers: 2 }),
  direct: inImage({ once: 16, writers: 2 }),
};

export const image: System = {
  id: 'image',
  seed: 'solution 1',
  summary: 'one image with the code and data of all modules, bound and relocated',
  properties: {
    placement: 'all modules without gaps, neighbours by who uses them, at a base drawn for the store',
    shared: 'code, read-only data, relocated data and GOT until the program writes to them',
    private: 'pages with words of the process itself (stack pointer, canary, vdso, …): a handful',
    work: {
      mapping: 'start-up: one call for each run of modules, one for each writable range',
      relocation: 'bind',
      binding: 'bind',
    },
    onCollision: 'hands over to ld.so',
    onUpgrade: 'hands over to ld.so until the program is bound again',
    aslr: [
      { bits: baseBits, drawn: 'store' },
      { bits: baseBits, drawn: 'boot' },
    ],
  },
  variants: [
    { id: 'single', summary: 'one program, one image file; every range protected as under ld.so' },
    { id: 'merged', summary: 'the same; read-only data and code of a module are one executable range' },
    { id: 'partitions', summary: 'one image for all programs, in partitions; ranges as in merged' },
    { id: 'direct', summary: 'the same; calls lead straight to their functions, without PLT and GOT' },
  ],
  costs,
  arrangements,
  async build(subjects, request) {
    const protections = singleImages[request.variant];
    if (protections === undefined)
      return buildCollection(subjects, arrangements[request.variant] ?? partitions, request);
    return Promise.all(
      subjects.map((subject, index) =>
        buildSingle(subject, request.outputs[index] ?? '', request, protections),
      ),
    );
  },
};

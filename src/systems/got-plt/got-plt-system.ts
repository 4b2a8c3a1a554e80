/** Common system 1 of the seed: position-independent code with GOT and PLT, as the platform's own linker runs it. */
import { Refusal } from '../../util/errors.ts';
import type { CostLaw } from '../../models/cost-law.ts';
import { linkMapPages } from '../../models/cost-law.ts';
import type { Image } from '../../image/image.ts';
import { codeInModules } from '../shared/sights.ts';
import { onlyNear } from '../shared/call-distances.ts';
import type { Randomness, System, SystemVariant } from '../system.ts';

/** mmap_base and the executable's base both have 28 random bits on x86-64 (CONFIG_ARCH_MMAP_RND_BITS). */
const randomness: readonly Randomness[] = [{ bits: 28, drawn: 'process' }];

/** The programs themselves, in an environment with these variables. */
function startedWith(environment: Image['environment']): NonNullable<SystemVariant['build']> {
  return (subjects, { asInterpreter }) =>
    Promise.resolve(
      subjects.map(({ program }) => {
        if (asInterpreter)
          return {
            failure: new Refusal("got-plt is the platform's own linker: it needs no interpreter of ours"),
          };
        return { value: { file: program.invocation, environment, files: [], notes: [] } };
      }),
    );
}

/**
 * Headers, code, read-only data and RELRO, and what stays writable; the linker takes two pages at a time for its link maps, which
 * lie between the modules. Pages are private that relocation or binding writes, and that modules write themselves: the same.
 */
const linked: CostLaw = {
  mappings: { once: 24, modules: 4 + linkMapPages / 2, writers: 1 },
  privatePages: { once: 25.6, modules: linkMapPages, relocatedPages: 1, writablePages: 1 },
  sharedPages: { filePages: 1, relocatedPages: -1, writablePages: -1 },
  steps: { modules: 1 },
  probes: { probes: 1 },
  linker: { once: 1 },
};

const placedByKernel = onlyNear('the kernel puts the modules of a process side by side');

export const gotPlt: System = {
  id: 'got-plt',
  seed: 'common 1',
  summary: "the platform's dynamic linker as it is: the base line",
  properties: {
    placement: 'wherever the kernel puts each module, in each process anew',
    shared: 'code and read-only data of the module files',
    private: 'every page that relocation or binding writes',
    work: {
      mapping: 'start-up, module by module',
      relocation: 'start-up',
      binding: 'first call (lazy) or start-up (now)',
    },
    onCollision: 'none: the kernel chooses free ranges',
    onUpgrade: 'nothing to do',
    onDlopen: 'everything by ld.so',
  },
  variants: [
    {
      id: 'lazy',
      summary: 'slots are bound at their first call, where the modules allow it',
      build: startedWith({}),
      randomness,
      callDistance: placedByKernel,
      seenBy: { ...codeInModules, valgrind: 'all' },
      costs: linked,
    },
    {
      id: 'now',
      summary: 'LD_BIND_NOW=1: all slots are bound at start-up',
      build: startedWith({ LD_BIND_NOW: '1' }),
      randomness,
      callDistance: placedByKernel,
      seenBy: { ...codeInModules, valgrind: 'all' },
      costs: linked,
    },
  ],
};

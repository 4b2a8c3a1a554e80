/**
 * Solution 4 of the seed: a central dispatcher at a constant base. A function's entry is a hash of its name; collisions at run
 * time are told apart by the return address.
 */
import type { CallScheme } from '../../calls/call-scheme.ts';
import { lowTables, lowTablesEnd } from '../../calls/low-memory.ts';
import type { Arrangement } from '../../ranges/arrangement.ts';
import { LinkonceError } from '../../util/errors.ts';
import type { Address } from '../../util/units.ts';
import { hex, pageSize } from '../../util/units.ts';
import { copyProperties, rewrittenCopies } from '../shared/rewritten-copies.ts';
import { copyCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import type { System } from '../system.ts';
import { constantDispatcher, movableDispatcher } from './hash-dispatcher-calls.ts';

/** Room for the dispatcher at the beginning of a space, where it moves with the modules. */
const movableRoom = 0x100_0000;

const withCalls = (calls: CallScheme): Arrangement => ({ ...rewrittenCopies, calls });

/** From the space's beginning. */
const movableDistance = 0x20_0000;

/** Throws LinkonceError where the dispatcher cannot be at a base that a person wants. */
function requireBase(base: Address, end: Address): void {
  if (base % pageSize !== 0 || base < 2 * lowestBase || base + movableRoom > end)
    throw new LinkonceError(
      `${hex(base)} is no base for the dispatcher: it takes whole pages from ${hex(2 * lowestBase)} to ${hex(end - movableRoom)}`,
    );
}

/** vm.mmap_min_addr, and the end of a user's addresses (Documentation/arch/x86/x86_64/mm.rst). */
const lowestBase = 0x1_0000;
const userEnd = 0x7fff_ffff_f000;

export const hashDispatcher: System = {
  id: 'hash-dispatcher',
  seed: 'solution 4',
  summary: "a dispatcher at a constant base; a function's entry is a hash of its name",
  properties: {
    placement:
      'each module at a range of its own; the dispatcher at a constant base (movable: at the beginning of the space)',
    shared:
      'everything of the rewritten copies, between all programs of the store: they hold entries only; the dispatcher, between processes of a program',
    private: 'pages with words of the process itself',
    work: {
      mapping: 'start-up, module by module, and the tables that the modules use',
      relocation: 'bind',
      binding: 'bind: addresses into the dispatcher',
    },
    onCollision: 'of ranges: hands over to ld.so. Of entries: the return address says which module calls',
    ...copyProperties,
    ...preparedModules,
  },
  variants: [
    {
      id: 'constant',
      summary: 'the base is the same for everyone: a loophole in address randomness',
      arrangement: withCalls(constantDispatcher(lowTables)),
      arrangementAt: (base) => {
        requireBase(base, lowTablesEnd);
        return withCalls(constantDispatcher(base));
      },
      randomness: drawnForStore(),
      constants: {
        called: 'an entry for each imported function, at a hash of its name',
        read: "the entries' words, which are the functions' addresses, and the resolvers",
      },
      seenBy: codeInCopies,
      costs: copyCosts(18),
    },
    {
      id: 'movable',
      summary: '%gs holds the base, which is random',
      arrangement: {
        ...withCalls(movableDispatcher((space) => space + movableDistance)),
        reserved: movableRoom,
      },
      arrangementAt: (base) => {
        requireBase(base, userEnd);
        return withCalls(movableDispatcher(() => base));
      },
      randomness: drawnForStore(),
      seenBy: codeInCopies,
      costs: copyCosts(17),
    },
  ],
};

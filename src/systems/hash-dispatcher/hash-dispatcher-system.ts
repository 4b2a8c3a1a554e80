/**
 * Solution 4 of the seed: a central dispatcher at a constant base. A function's entry is a hash of its name; collisions at run
 * time are told apart by the return address, in a separate space at a drawn address. A process can have several dispatchers.
 */
import type { CallScheme } from '../../calls/call-scheme.ts';
import { lowTables, lowTablesEnd } from '../../calls/low-memory.ts';
import type { Arrangement } from '../../ranges/arrangement.ts';
import { copyProperties, rewrittenCopies } from '../shared/rewritten-copies.ts';
import { copyCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import { throughLowCode } from '../shared/call-distances.ts';
import type { System } from '../system.ts';
import { checkedBases } from './bases.ts';
import { constantDispatchers, movableDispatchers } from './hash-dispatcher-calls.ts';
import { separateRoom } from './separate-space.ts';
import { dispatcherSize } from './tables.ts';

/** The separate space is the first of a program's. */
const withCalls = (calls: CallScheme, reserved = separateRoom): Arrangement => ({
  ...rewrittenCopies,
  calls,
  reserved,
});

/** The end of a user's addresses (Documentation/arch/x86/x86_64/mm.rst). */
const userEnd = 0x7fff_ffff_f000;

export const hashDispatcher: System = {
  id: 'hash-dispatcher',
  seed: 'solution 4',
  summary: "a dispatcher at a constant base; a function's entry is a hash of its name",
  properties: {
    placement:
      'each module at a range of its own; the dispatcher at a constant base (movable: at the beginning of the space, behind the separate space)',
    shared:
      'everything of the rewritten copies, between all programs of the store: they hold entries only; the dispatcher, between processes of a program',
    private: 'pages with words of the process itself',
    work: {
      mapping: 'start-up, module by module, and the tables that the modules use',
      relocation: 'bind',
      binding: 'bind: addresses into the dispatcher',
    },
    onCollision:
      'of ranges: hands over to ld.so. Of entries: the return address says which module calls, in a separate space at a drawn address',
    ...copyProperties,
    ...preparedModules,
  },
  variants: [
    {
      id: 'constant',
      summary: 'the base is the same for everyone: a loophole in address randomness',
      arrangement: withCalls(constantDispatchers([lowTables])),
      arrangementAt: (bases) => withCalls(constantDispatchers(checkedBases(bases, lowTablesEnd))),
      randomness: drawnForStore(),
      constants: {
        called: 'an entry for each imported function, at a hash of its name',
        read: "the entries' words: the functions' addresses, or where in the separate space callers are told apart",
      },
      callDistance: throughLowCode,
      seenBy: codeInCopies,
      costs: copyCosts(18),
    },
    {
      id: 'movable',
      summary: '%gs holds the base, which is random',
      arrangement: withCalls(
        movableDispatchers((space) => [space + separateRoom]),
        separateRoom + dispatcherSize,
      ),
      arrangementAt: (bases) => {
        const checked = checkedBases(bases, userEnd);
        return withCalls(movableDispatchers(() => checked));
      },
      randomness: drawnForStore(),
      seenBy: codeInCopies,
      costs: copyCosts(17),
    },
  ],
};

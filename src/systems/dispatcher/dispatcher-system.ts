/**
 * Common system 7 of the seed: a central dispatcher function, as a microkernel, an operating system or a BIOS has one. Modules
 * hold the numbers of the functions that they call, not their addresses.
 */
import { copyProperties, rewrittenCopies } from '../shared/rewritten-copies.ts';
import { copyCosts } from '../shared/bound-costs.ts';
import { drawnForStore } from '../shared/randomness.ts';
import { preparedModules } from '../shared/prepared-modules.ts';
import { codeInCopies } from '../shared/sights.ts';
import { throughLowCode } from '../shared/call-distances.ts';
import type { Constants, System } from '../system.ts';
import { counting, jumping } from './dispatcher-calls.ts';
import { trapping } from './trapping-calls.ts';

const tableRead = "the table, which has the functions' addresses by number";
const byNumberConstants: Constants = {
  called: 'the dispatcher, which leads to every imported function by the number in r11',
  read: tableRead,
};

export const dispatcher: System = {
  id: 'dispatcher',
  seed: 'common 7',
  summary: 'every call between modules puts a number in a register and enters one dispatcher',
  properties: {
    placement: 'each module at a range of its own; the dispatcher and its table at a constant address',
    shared:
      'everything of the rewritten copies, between all programs of the store: their code is the same at all addresses; the table, between processes of a program',
    private: 'pages with words of the process itself',
    work: {
      mapping: 'start-up, module by module',
      relocation: 'bind',
      binding: 'bind: numbers into modules, addresses into the table',
    },
    onCollision: 'hands over to ld.so',
    ...copyProperties,
    ...preparedModules,
  },
  variants: [
    {
      id: 'jump',
      summary: 'the dispatcher is entered by a jump',
      arrangement: { ...rewrittenCopies, calls: jumping },
      randomness: drawnForStore(),
      constants: byNumberConstants,
      callDistance: throughLowCode,
      seenBy: codeInCopies,
      costs: copyCosts(17),
    },
    {
      id: 'trap',
      summary: 'by a trap: a signal, whose handler goes on at the function; SIGILL is taken',
      arrangement: { ...rewrittenCopies, calls: trapping },
      randomness: drawnForStore(),
      constants: {
        called:
          'the handler; guards of sigaction and others; rt_sigreturn, which takes all registers from the stack',
        read: tableRead,
      },
      callDistance: throughLowCode,
      seenBy: { ...codeInCopies, gdb: 'trapped', 'eu-stack': 'innermost' },
      costs: copyCosts(17),
    },
    {
      id: 'count',
      summary: 'by a jump, and counts the calls',
      arrangement: { ...rewrittenCopies, calls: counting },
      randomness: drawnForStore(),
      constants: byNumberConstants,
      callDistance: throughLowCode,
      seenBy: codeInCopies,
      costs: copyCosts(18),
    },
  ],
};

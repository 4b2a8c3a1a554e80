/**
 * Common system 7 of the seed: a central dispatcher function, as a microkernel, an operating system or a BIOS has one. Modules
 * hold the numbers of the functions that they call, not their addresses.
 */
import { buildCollection } from '../../bind/bind-programs.ts';
import { copyProperties, rewrittenCopies } from '../shared/rewritten-copies.ts';
import { copyCosts } from '../shared/bound-costs.ts';
import type { System } from '../system.ts';
import { counting, jumping } from './dispatcher-calls.ts';
import { trapping } from './trapping-calls.ts';

const arrangements = {
  jump: { ...rewrittenCopies, calls: jumping },
  trap: { ...rewrittenCopies, calls: trapping },
  count: { ...rewrittenCopies, calls: counting },
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
  },
  variants: [
    { id: 'jump', summary: 'the dispatcher is entered by a jump' },
    { id: 'trap', summary: 'by a trap: a signal, whose handler goes on at the function; SIGILL is taken' },
    { id: 'count', summary: 'by a jump, and counts the calls' },
  ],
  costs: { jump: copyCosts(17), trap: copyCosts(17), count: copyCosts(18) },
  arrangements,
  build: (subjects, request) =>
    buildCollection(subjects, arrangements[request.variant as keyof typeof arrangements], request),
};

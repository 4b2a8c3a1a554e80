/**
 * A displacement reaches over 2 GiB, which are 64 blocks: a stub names its target with all 64 bits instead.
 *
 *   ff 25 02 00 00 00   jmp  *function(%rip)
 *   66 90               xchg %ax, %ax
 *   .quad               function
 */
import type { CallScheme } from '../../src/calls/call-scheme.ts';
import { jumpWide } from '../../src/calls/machine-code.ts';
import { areaSize, stubArea } from '../../src/calls/stub-area.ts';

export const stubbed: CallScheme = {
  clobbers: [],
  areaPlace: 'before',
  areaFile: 'module',
  areaFilled: 'bind',
  room: ({ imports }) => ({ area: areaSize(imports), numbers: 0 }),
  wire: ({ modules }) => ({
    tables: [],
    modules: modules.map((module) =>
      stubArea(module, ({ target }, at) => ({
        code: jumpWide(target),
        landing: { code: at },
      })),
    ),
  }),
};

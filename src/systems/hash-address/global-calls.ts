/**
 * First form: modules are at global addresses, so that a call names its function's address. Below 2 GiB a displacement reaches
 * every module; in a larger space a call goes through a stub:
 *
 *   ff 25 02 00 00 00   jmp  *function(%rip)
 *   66 90               xchg %ax, %ax
 *   .quad               function
 */
import type { CallScheme } from '../../calls/call-scheme.ts';
import { jumpWide } from '../../calls/machine-code.ts';
import { areaSize, directly, stubArea } from '../../calls/stub-area.ts';
import { memoryOf, requireApart } from './collisions.ts';

const plain = { clobbers: [], areaPlace: 'before', areaFile: 'module', areaFilled: 'bind' } as const;

export const absoluteCalls: CallScheme = {
  ...plain,
  room: ({ imports }) => ({ area: areaSize(imports), numbers: 0 }),
  wire: ({ modules }) => {
    requireApart(memoryOf(modules));
    const wired = modules.map((module) =>
      stubArea(module, ({ target }, at) => ({
        code: jumpWide(target),
        landing: { code: at },
      })),
    );
    return { tables: [], modules: wired };
  },
};

export const nearCalls: CallScheme = {
  ...plain,
  room: () => ({ area: 0, numbers: 0 }),
  wire: ({ modules }) => {
    requireApart(memoryOf(modules));
    return { tables: [], modules: modules.map(directly) };
  },
};

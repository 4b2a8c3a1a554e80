/**
 * A displacement reaches over 2 GiB, which are 64 blocks: a stub names its target with all 64 bits instead.
 *
 *   49 bb imm64   movabs $function, %r11
 *   41 ff e3      jmp    *%r11
 */
import type { CallScheme } from '../../src/calls/call-scheme.ts';
import { jumpR11, moveR11Wide } from '../../src/calls/machine-code.ts';
import { areaSize, stubArea } from '../../src/calls/stub-area.ts';

export const stubbed: CallScheme = {
  areaPlace: 'before',
  areaFile: 'module',
  areaFilled: 'bind',
  room: ({ imports }) => ({ area: areaSize(imports), numbers: 0 }),
  wire: ({ modules }) => ({
    tables: [],
    modules: modules.map((module) =>
      stubArea(module, ({ target }, at) => ({
        code: Buffer.concat([moveR11Wide(target), jumpR11()]),
        landing: { code: at },
      })),
    ),
  }),
};

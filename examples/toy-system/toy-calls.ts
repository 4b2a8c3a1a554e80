/**
 * Modules are more than 2 GiB apart, out of reach of a displacement: a stub names its target with all 64 bits.
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

/**
 * A dispatcher page (or pages) beside each module's code, with that module's imports only: a call reaches it by a displacement,
 * and there is no constant address at all. One entry:
 *
 *   ff 25 02 00 00 00   jmp  *target(%rip)
 *   66 90               xchg %ax, %ax
 *   .quad               target
 */
import type { CallScheme, WiredProgram } from '../../calls/call-scheme.ts';
import { jumpWide } from '../../calls/machine-code.ts';
import { areaSize, stubArea } from '../../calls/stub-area.ts';

function wire({ modules }: WiredProgram): ReturnType<CallScheme['wire']> {
  return {
    tables: [],
    modules: modules.map((module) =>
      stubArea(module, ({ target }, at) => ({ code: jumpWide(target), landing: { code: at } })),
    ),
  };
}

const pages: CallScheme = {
  clobbers: [],
  areaPlace: 'before',
  areaFile: 'program',
  areaFilled: 'bind',
  room: ({ imports }) => ({ area: areaSize(imports), numbers: 0 }),
  wire,
};

/** Each process fills its pages, in private memory. */
export const filledAtStart: CallScheme = { ...pages, areaFilled: 'start-up' };
/** A file of the program holds them, for all its processes. */
export const fromCache: CallScheme = pages;
/** The end of the module's own file holds them: they need no mapping of their own. */
export const atFileEnd: CallScheme = { ...pages, areaPlace: 'behind', areaFile: 'module' };
/** A file of the store holds them, for all processes of all programs. */
export const fromStore: CallScheme = { ...pages, areaFile: 'module' };

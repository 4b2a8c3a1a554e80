/** No PLT and no GOT: every call leads straight to its function, where that is within reach. */
import type { CallScheme } from '../../calls/call-scheme.ts';
import { directly } from '../../calls/stub-area.ts';

export const directCalls: CallScheme = {
  clobbers: [],
  areaPlace: 'before',
  areaFile: 'module',
  areaFilled: 'bind',
  room: () => ({ area: 0, numbers: 0 }),
  wire: ({ modules }) => ({ tables: [], modules: modules.map(directly) }),
};

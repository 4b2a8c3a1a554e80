/**
 * A dispatcher page (or pages) beside each module's code, with that module's imports only: a call reaches it by a displacement,
 * and there is no constant address at all. One entry has 8 bytes where its function is within 2 GiB, as it is where modules lie side by
 * side, and else 16, behind all that have 8:
 *
 *   e9 rel32            jmp  target            near
 *
 *   ff 25 02 00 00 00   jmp  *target(%rip)     far
 *   66 90               xchg %ax, %ax
 *   .quad               target
 *
 * Before modules have addresses nobody knows which are far: the room is for 16 bytes each, but pages that no entry needs are
 * never touched.
 */
import type {
  CallScheme,
  Import,
  Landing,
  ModuleWiring,
  WiredModule,
  WiredProgram,
} from '../../calls/call-scheme.ts';
import { isNear, jumpNear, jumpWide } from '../../calls/machine-code.ts';
import { areaSize } from '../../calls/stub-area.ts';
import type { Address, Vaddr } from '../../util/units.ts';

const nearEntry = 8;
const farEntry = 16;

function wire({ modules }: WiredProgram): ReturnType<CallScheme['wire']> {
  return { tables: [], modules: modules.map(entriesOf) };
}

function entriesOf(module: WiredModule): ModuleWiring {
  const { imports, area } = module;
  const landings = new Map<Vaddr, Landing>();
  const near = imports.filter((each) => isWithinReach(module, each));
  const far = imports.filter((each) => !isWithinReach(module, each));
  const bytes = Buffer.alloc(near.length * nearEntry + far.length * farEntry, 0xcc);
  const add = (each: Import, offset: number, code: (at: Address) => Buffer): void => {
    const at = area.address + offset;
    code(at).copy(bytes, offset);
    landings.set(each.slot, { code: at });
  };
  near.forEach((each, index) => {
    add(each, index * nearEntry, (at) => jumpNear(at, each.target));
  });
  far.forEach((each, index) => {
    add(each, near.length * nearEntry + index * farEntry, () => jumpWide(each.target));
  });
  return { landings, area: bytes };
}

/** From wherever its entry is. */
function isWithinReach({ area }: WiredModule, { target }: Import): boolean {
  return isNear(area.address, target) && isNear(area.address + area.size, target);
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

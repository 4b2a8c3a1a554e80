/**
 * How a system has modules call each other. A scheme says what stands in the area beside each module, in tables of its own,
 * and where each call goes; `rewireCalls` writes it into PLT slots and call sites. The functions keep their addresses, and
 * the GOT stays as the linker left it: data, and functions whose address is taken, are reached as ever.
 *
 * 1. `readCalls` finds a module's PLT slots and call sites, by decoding from the beginnings of functions.
 * 2. The module gets room for its area before or behind it, and numbers that are the same in all programs (ranges/).
 * 3. `takeInHand` reads from the placed memory which function of which module each slot leads to. The scheme's `wire` answers with
 *    the areas, its tables, and a landing for each slot.
 * 4. `rewireCalls` writes these, and makes PLT slots and call sites lead there. A call site that is not certain, or out of reach,
 *    stays as compiled.
 */
import type { Action } from '../image/actions.ts';
import type { CodeFrame } from '../image/code-frames.ts';
import type { EntryUse } from '../image/entry-use.ts';
import type { Address, Vaddr } from '../util/units.ts';

export interface CallScheme {
  /**
   * Registers that a call loses on its way. A PLT slot that is bound loses nothing, no flag either, and hand-written code may count
   * on that; the psABI gives the PLT r11 alone (System V ABI x86-64, 3.2.3).
   */
  readonly clobbers: readonly 'r11'[];
  /** Whether a module's area lies before its first page or behind its last. Of an executable with fixed addresses: before. */
  readonly areaPlace: 'before' | 'behind';
  /** Which file holds the areas: the module's own copy, for all programs, or each program's image. */
  readonly areaFile: 'module' | 'program';
  /** `start-up`: each process fills its areas, in private memory. */
  readonly areaFilled: 'bind' | 'start-up';
  /** What a module needs beside its own memory. */
  room(module: RoomRequest): Room;
  /** Pure: the same program wires the same way. Throws Refusal where it cannot be served. */
  wire(program: WiredProgram): Wiring;
}

export interface RoomRequest {
  /** Functions that it calls through its GOT, at most. */
  readonly imports: number;
  /** Functions that others can call. */
  readonly functions: number;
  /** For each of the imports, how far from the module's first page its call sites and PLT slots are. */
  readonly sites: readonly (readonly number[])[];
  /** The area's size is rounded up to a multiple of it. */
  readonly alignment: number;
}

export interface Room {
  /** Bytes of its area. */
  readonly area: number;
  /** How many numbers it gets, which are the same in all programs. */
  readonly numbers: number;
}

export interface WiredProgram {
  readonly modules: readonly WiredModule[];
  /** Where its space for modules begins. */
  readonly base: Address;
}

/** A module at its address. */
export interface WiredModule {
  readonly path: string;
  /** DT_SONAME, or the path's last part. */
  readonly name: string;
  /** Load bias. */
  readonly bias: Address;
  /** Its memory, in whole pages, without the area. */
  readonly start: Address;
  readonly end: Address;
  /** Of an executable with fixed addresses: outside of all address formats. */
  readonly fixed: boolean;
  readonly isExecutable: boolean;
  readonly isLinker: boolean;
  /** Its area; of 0 bytes where the scheme wants none. */
  readonly area: { readonly address: Address; readonly size: number };
  /** The first of its numbers. */
  readonly firstNumber: number;
  /** Functions that others can call, ascending; IFUNCs by their own value. */
  readonly functions: readonly Vaddr[];
  /** Functions of other modules that it calls, by their slots' addresses ascending. */
  readonly imports: readonly Import[];
  /** Modules that it needs itself, by their places among the program's. */
  readonly needed: readonly number[];
}

/** A function of another module that a module calls through a slot of its GOT. */
export interface Import {
  readonly slot: Vaddr;
  /** With its version: `name@VERSION`. */
  readonly symbol: string;
  readonly target: Address;
  /** The module that defines it, by its place among the program's. */
  readonly definer: number;
  /** Index among the definer's functions. */
  readonly functionIndex: number;
  /** The module's call sites that go through the slot, and its PLT slots. */
  readonly sites: readonly Vaddr[];
}

export interface Wiring {
  /** One for each module. */
  readonly modules: readonly ModuleWiring[];
  readonly tables: readonly TableMemory[];
  /** One line each. */
  readonly notes?: readonly string[];
  /** How full the tables are, where hashes fill them. */
  readonly entries?: EntryUse;
  /** What each start has to do beside. */
  readonly actions?: readonly Action[];
}

export interface ModuleWiring {
  /** By slot. One that is not named stays as it was compiled. */
  readonly landings: ReadonlyMap<Vaddr, Landing>;
  /** What stands in the area: at most its size. */
  readonly area: Buffer;
}

/** Where the calls of one slot go. */
export interface Landing {
  /** Where a call site jumps to; absent: through `word`, or as compiled. */
  readonly code?: Address;
  /** Where a call site, or PLT slot, at that address jumps to; absent: to `code`, or `jumps`. */
  readonly from?: (site: Address) => Address;
  /** Where jumps go, and the PLT slot, which either may have come through; absent: as `code`; null: as compiled. */
  readonly jumps?: Address | null;
  /** A word with the target's address, which takes the GOT slot's place where code jumps through memory. */
  readonly word?: Address;
}

/** Memory that is no module's, at an address of the scheme's choice. */
export interface TableMemory {
  readonly address: Address;
  /** Whole pages. */
  readonly bytes: Buffer;
  readonly protection: number;
  /** Of code where the stack pointer is not all the time as at a function's entry, and of none else; absent: it is. */
  readonly frames?: readonly CodeFrame[];
}

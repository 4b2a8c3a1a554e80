/**
 * How a module reaches functions through its GOT: the value that `readCalls` returns and systems that change calls read.
 * A module is rigid, so these are all the places where such a system has to write.
 */
import type { PltSlot } from '../elf/elf-file.ts';
import type { Vaddr } from '../util/units.ts';

/**
 * `call`, `jump`, `conditional-jump`: to a PLT slot (e8, e9, 0f 8x, each with a 32-bit displacement). `slot-call`,
 * `slot-jump`: through a GOT slot (ff 15, ff 25), as `-fno-plt` has it. A jump is a tail call: the address on top of the
 * stack is not one of this module.
 */
export type CallSiteKind = 'call' | 'jump' | 'conditional-jump' | 'slot-call' | 'slot-jump';

/** An instruction that was reached by decoding from the beginning of its function. */
export interface CallSite {
  readonly kind: CallSiteKind;
  /** Of its first byte, prefixes included. */
  readonly address: Vaddr;
  /** Bytes; the displacement is the last four. */
  readonly size: number;
  /** The GOT slot through which it goes. */
  readonly slot: Vaddr;
}

export interface ModuleCalls {
  /** GOT slots with the address of a function, and their symbol's index: 0 for an IFUNC of the module's own. */
  readonly slots: ReadonlyMap<Vaddr, number>;
  /** PLT slots that jump through one of these. */
  readonly plt: readonly PltSlot[];
  /** Ascending, each once. */
  readonly sites: readonly CallSite[];
  /** What looks like a site and is left alone, since nothing shows for certain that it is one. */
  readonly left: {
    /** In a function that cannot be decoded to its end. */
    readonly undecodable: number;
    /** Outside of all functions that `.eh_frame` knows, or not at the beginning of an instruction. */
    readonly unreached: number;
  };
}

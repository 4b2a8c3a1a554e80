/**
 * A program's memory at the handoff point with an explanation for every word that the linker wrote. From it any system
 * can lay the program out anew: constants stay, references move with the region they point to, and per-process words are
 * left to the loader.
 */
import type { Capture, Captures, Region } from '../capture/capture.ts';
import type { CachedAnswer } from '../program/cached-answers.ts';
import type { ModuleFacts, ProgramFacts } from '../program/facts.ts';
import type { Program } from '../program/program.ts';
import type { Address, Vaddr } from '../util/units.ts';

/** All that an image is made of. */
export interface Blueprint {
  readonly facts: ProgramFacts;
  readonly start: StartState;
  /** One for each region of the captures, same order. Addresses are the first capture's. */
  readonly regions: readonly BlueprintRegion[];
  /** Words that hold an address in a region. */
  readonly references: References;
  /** Words that the loader writes in each process. */
  readonly processWords: readonly ProcessWord[];
  readonly slots: SlotCounts;
  /** Slots that lead to a function of the vdso, which is elsewhere in each process. */
  readonly vdsoSlots: readonly VdsoSlot[];
  /** One for each module of `Program.opened`, same order. */
  readonly opened: readonly OpenedModule[];
  /** What the linker must be to call the opener; absent where nothing is opened, or it is not as known. */
  readonly opener: OpenerFacts | undefined;
}

/** A module that the program opens with dlopen(3): prepared, or left to ld.so for a reason of one line. */
export type OpenedModule = ModuleFacts & {
  /** Where it is in the blueprint, if it can have a range of ours. */
  readonly place?: OpenedPlace;
} & (PreparedModule | { readonly prepared: false; readonly reason: string });

export interface OpenedPlace {
  /** Index of its region, of the kind `opened`, whose mappings are its writable segments if it is prepared. */
  readonly region: number;
  /** Of its dynamic section. */
  readonly dynamic: Vaddr;
  /** Bytes that it has in memory. */
  readonly length: number;
  /** Bytes that ld.so reserves before it maps the file; 0 where it does not. */
  readonly reserved: number;
}

export interface PreparedModule {
  readonly prepared: true;
  readonly place: OpenedPlace;
  /** Of its relocations: all, and those that ld.so still applies at each dlopen. */
  readonly relocations: number;
  readonly left: number;
  /** A word of the dynamic section that is zero in the file, and says how far ld.so is: see `openedStates`. */
  readonly applied: Vaddr;
  /** Tables of relocations that ld.so reads in place of the file's. */
  readonly tables: Buffer;
  readonly entries: readonly DynamicEdit[];
  /** Pairs of 64-bit words: the `Vaddr` of one that the file's own tables want as the file has it, and what it has. */
  readonly originals: Buffer;
}

/** An entry of the dynamic section that is another one than the file's. */
export interface DynamicEdit {
  /** Of its value. */
  readonly address: Vaddr;
  /** What stands there; for a table an offset in `tables`. */
  readonly value: number;
  readonly isTable: boolean;
  /** The file's. ld.so adds the load bias to where a table is. */
  readonly original: number;
}

/** The first capture's addresses. */
export interface OpenerFacts {
  /** The linker's `mmap`: code that is replaced by a call of the opener. */
  readonly site: Address;
  /** `_r_debug`. */
  readonly debug: Address;
  /** Number of the system call by which it asks for a file's status. */
  readonly statusCall: number;
  /** Link maps that there are when the program begins. */
  readonly firstMaps: number;
}

export interface BlueprintRegion {
  readonly region: Omit<Region, 'module'> & { readonly module?: ModuleFacts };
  /** Pages that the linker wrote: each process under it has them for itself. */
  readonly writtenPages: number;
  /**
   * Pages that differ from the file's (or from zero), by address: the first capture's, with slots bound, kernel-written
   * words as before registration, and per-process words as captured.
   */
  readonly pages: ReadonlyMap<Address, Buffer>;
}

/** A blueprint, and how it was found. */
export interface Explained extends Blueprint {
  readonly program: Program;
  readonly regions: readonly (BlueprintRegion & { readonly region: Region })[];
  /** How many relocations were computed from the files and agree with the captured words. */
  readonly relocationsAgreed: number;
  /** Written words by region index and kind. */
  readonly counts: readonly WordCounts[];
}

/** What `explainCaptures` returns: with the captures that it was made of. */
export interface ExplainedCaptures extends Explained {
  readonly captures: Captures;
}

/** Where a restored process goes on, what its kernel is told, and what must be as it was. */
export interface StartState extends Pick<
  Capture,
  'context' | 'handoff' | 'registrations' | 'questions' | 'startWrites'
> {
  /** Why no slot is bound at once: the linker's own words; absent where they are. */
  readonly unbindable: string | undefined;
  /** What the linker's cache says of the names that it may look up there; none where it read no cache. */
  readonly cached: readonly CachedAnswer[];
}

/** Columns of equal length. */
export interface References {
  readonly count: number;
  /** Where the word is. Not always a multiple of 8. */
  readonly addresses: Float64Array;
  /** Index of the region that the word lies in. */
  readonly owners: Uint16Array;
  /** Index of the region that the word points into. */
  readonly targets: Uint16Array;
}

/** What a per-process word is made of. `auxiliary` is an auxiliary vector entry's value, for those that are addresses. */
export type ProcessSource =
  | { readonly kind: 'stack-pointer' | 'argc' | 'argv' | 'envp' | 'auxv' }
  | { readonly kind: 'auxiliary'; readonly type: number }
  | { readonly kind: 'vdso' | 'program-break' | 'thread-id' | 'stack-canary' | 'pointer-guard' | 'random' }
  | { readonly kind: 'stack-limit' }
  /** `index`: in `ProgramFacts.variables`; its value is where the text `NAME=VALUE` stands. */
  | { readonly kind: 'variable'; readonly index: number };

export interface ProcessWord {
  readonly address: Address;
  /** Index of the region that it lies in. */
  readonly region: number;
  /** Bytes. */
  readonly width: 4 | 8;
  readonly source: ProcessSource;
  /** Added to the source's value; of the stack's limit: what stands there where there is none. */
  readonly addend: number;
}

export const wordKinds = [
  'constant',
  'reference',
  'stack-pointer',
  'argc',
  'argv',
  'envp',
  'auxv',
  'auxiliary',
  'vdso',
  'program-break',
  'thread-id',
  'stack-canary',
  'pointer-guard',
  'random',
  'stack-limit',
  'variable',
  'time-stamp',
  'apic-id',
  'kernel-written',
] as const;

/** `constant`: written by the linker, the same in every process. */
export type WordKind = (typeof wordKinds)[number];

export type WordCounts = Readonly<Record<WordKind, number>>;

export interface VdsoSlot {
  readonly address: Address;
  /** Index of the region that it lies in. */
  readonly region: number;
  /** Of the function in the vdso, bytes. */
  readonly offset: number;
  /** Bound by the linker at start-up; then it is a process word, too. Otherwise it is lazy. */
  readonly eager: boolean;
}

/** Slots that the platform's linker leaves to the first call. */
export interface SlotCounts {
  readonly bound: number;
  readonly lazy: number;
}

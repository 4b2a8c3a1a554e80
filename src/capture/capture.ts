/**
 * A program's memory and kernel state at the handoff point: the moment when the dynamic linker has done all its work
 * and no instruction of the program has run. `captureProgram` returns three of them that differ in all that may differ.
 */
import type { FileIdentity, Module, Program } from '../program/program.ts';
import type { OpenedCapture } from './opened-capture.ts';
import type { Address } from '../util/units.ts';

/** What `captureProgram` returns. */
export interface Captures {
  readonly program: Program;
  /** As the program starts: lazy slots lazy. Its addresses are the ones chosen for the image. */
  readonly first: Capture;
  /** The same at other addresses, with other arguments, environment and random bytes. */
  readonly second: Capture;
  /** At the first's addresses with every slot bound (LD_BIND_NOW=1); absent where the linker cannot bind every slot. */
  readonly bound: Capture | undefined;
  /** Why `bound` is absent: the linker's own words. */
  readonly unbindable: string | undefined;
  /** What the linker made of the modules that the program opens; absent where none are to be prepared. */
  readonly opened: OpenedCapture | undefined;
}

export interface Capture {
  readonly context: Context;
  readonly handoff: Handoff;
  /** Ranges that the linker mapped, in the order in which it mapped them; index = identity over the captures. */
  readonly regions: readonly CapturedRegion[];
  readonly registrations: Registrations;
  /** What the linker asked the kernel and the file system, in order, each once. */
  readonly questions: readonly Question[];
  /** Pages that a start writes to between here and the program's entry, ascending; empty where that was not recorded. */
  readonly startWrites: readonly Address[];
}

/** Where and how a restored process goes on. */
export interface Handoff {
  readonly address: Address;
  /** The register rax: the program's entry (glibc), or nothing of use (musl). */
  readonly rax: bigint;
}

/** What differs from process to process: the raw material of per-process words. */
export interface Context {
  readonly stackPointer: Address;
  readonly stack: Range;
  readonly argc: number;
  readonly argv: Address;
  readonly envp: Address;
  readonly auxv: Address;
  /** a_type → a_val. */
  readonly auxiliary: ReadonlyMap<number, bigint>;
  /** Offsets from `auxv` of each entry's a_val, by a_type, bytes. */
  readonly auxiliaryOffsets: ReadonlyMap<number, number>;
  /** Where the kernel put the linker's variables with their closing zeros, in the order of `Program.variables`. */
  readonly variables: readonly Range[];
  /** The 16 bytes at AT_RANDOM. */
  readonly random: Buffer;
  /** The word that the linker drew by getrandom(2): from glibc 2.43 on, malloc's mark of freed blocks. */
  readonly drawn: bigint | undefined;
  /** The stack's soft limit as the linker was told, bytes. */
  readonly stackLimit: bigint;
  readonly vdso: Range;
  /** The vdso's PT_NOTE segment, which holds its build id: two vdsos with the same notes are the same. */
  readonly vdsoNotes: Buffer;
  /** The break when the program started; the heap lies above it. */
  readonly programBreak: Address;
  readonly threadId: number;
  /** What the processor answered; absent where the linker has no `cpuid` instruction and so cannot depend on it. */
  readonly processor: Processor | undefined;
  /** Time stamp counter when the linker began and when it was done. */
  readonly ticks: { readonly begin: bigint; readonly end: bigint };
}

export interface Processor {
  readonly answers: readonly {
    readonly leaf: number;
    readonly subleaf: number;
    readonly eax: number;
    readonly ebx: number;
    readonly ecx: number;
    readonly edx: number;
  }[];
  /** The extended control register 0: which register sets the kernel saves. 0 where the linker does not read it. */
  readonly xcr0: bigint;
}

export interface Range {
  readonly start: Address;
  readonly end: Address;
}

export interface Region {
  /** `opened`: a module that the program opens later; it has no memory at the handoff point. */
  readonly kind: 'module' | 'anonymous' | 'heap' | 'opened';
  /** For a module's range. */
  readonly module?: Module;
  readonly start: Address;
  readonly end: Address;
  /** Add it to a `Vaddr` of the module. */
  readonly loadBias: Address;
  /** The start may be chosen anew; false for ET_EXEC modules. */
  readonly movable: boolean;
  /** Alignment that the start must keep, bytes. */
  readonly alignment: number;
  /** Ascending; may leave holes. */
  readonly mappings: readonly Mapping[];
}

export interface CapturedRegion extends Region {
  /** Pages that are no longer those of the file (or not zero), ascending. */
  readonly written: readonly WrittenRun[];
}

export interface Mapping {
  readonly start: Address;
  readonly end: Address;
  /** PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4. */
  readonly protection: number;
  /** Position in the module's file; undefined for anonymous memory. */
  readonly fileOffset: number | undefined;
}

/** Whole pages as they were at the handoff point. */
export interface WrittenRun {
  readonly start: Address;
  readonly bytes: Buffer;
}

/** The calls by which the linker changed the kernel's view of the process. */
export interface Registrations {
  readonly fsBase: Address;
  /** set_tid_address. */
  readonly threadIdAddress: Address | undefined;
  /** set_robust_list: head and length. */
  readonly robustList: { readonly head: Address; readonly length: number } | undefined;
  readonly rseq:
    { readonly address: Address; readonly length: number; readonly signature: number } | undefined;
  /** Bytes by which the linker raised the break. */
  readonly heapSize: number;
}

export type Question =
  /** This file was read: it must be the same one. */
  | { readonly kind: 'file'; readonly path: string; readonly identity: FileIdentity }
  /** The path was not there (ENOENT, ENOTDIR, EACCES): it must still not be there. */
  | { readonly kind: 'absent'; readonly path: string }
  /** The same of a folder that the linker would search for libraries: an empty one is none for it. */
  | { readonly kind: 'noFolder'; readonly path: string }
  /** The path is a directory, and was only looked at. */
  | { readonly kind: 'directory'; readonly path: string }
  /** A system call that writes nothing but zero to memory of the caller: the same number must come back. */
  | {
      readonly kind: 'call';
      readonly number: number;
      readonly arguments: readonly bigint[];
      readonly result: bigint;
    }
  /** RLIMIT_STACK of the caller, bytes: it must not be less. What the linker keeps of it is a word of the process. */
  | { readonly kind: 'stack-limit'; readonly least: number };

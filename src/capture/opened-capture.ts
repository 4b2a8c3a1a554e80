/**
 * Memory of modules that ld.so itself opened with dlopen(3) in a process of the program that stands at its handoff point: everything
 * is relocated, and no constructor, neither theirs nor of the program's own modules, has run.
 */
import type { Address, Vaddr } from '../util/units.ts';

export interface OpenedCapture {
  /** Behind the program's own, in the order of the list of link maps. */
  readonly modules: readonly OpenedMemory[];
  /** Roots that ld.so did not open, and its words (dlerror(3)). */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
  /** What is added to the `Vaddr`s of the program's own modules in that process, by path. */
  readonly loadBiases: ReadonlyMap<string, Address>;
}

export interface OpenedMemory {
  /** As `Program.opened` has it; for other modules the absolute path by which ld.so opened it. */
  readonly path: string;
  readonly loadBias: Address;
  /** What the file holds of each writable PT_LOAD segment (p_filesz bytes from p_vaddr), as it is in memory. */
  readonly segments: readonly { readonly address: Vaddr; readonly bytes: Buffer }[];
}

/** How many blocks of a format of addresses the libraries of a real program take: what the birthday problem of solution 3 is about. */
import { moduleSpan } from '../capture/module-span.ts';
import type { Module, Program } from '../program/program.ts';

export interface LibrarySize {
  /** By which its address is hashed. */
  readonly name: string;
  readonly path: string;
  /** From its first to its last page, with what lies between: all of it has to be free. */
  readonly bytes: number;
}

/** All modules but the executable, whose address is a constant. */
export function librarySizes({ modules, executable }: Program): readonly LibrarySize[] {
  return modules.filter((module) => module !== executable).map(sizeOf);
}

function sizeOf(module: Module): LibrarySize {
  const { start, end } = moduleSpan(module);
  return { name: module.name, path: module.path, bytes: end - start };
}

/** Whole blocks for each. */
export function blocksOf(sizes: readonly number[], block: number): readonly number[] {
  return sizes.map((bytes) => Math.ceil(bytes / block));
}

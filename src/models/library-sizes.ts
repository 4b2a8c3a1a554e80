/** How many addresses the libraries of a real program take: by that they collide where hashes give addresses (solution 3). */
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

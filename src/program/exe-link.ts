/** Whether a program looks at its own executable through /proc, as those do that find their home by it (JDK, LibreOffice). */
import type { Module, Program } from './program.ts';

const spellings = [
  '/proc/self/exe',
  '/proc/%d/exe',
  '/proc/%i/exe',
  '/proc/%u/exe',
  '/proc/%ld/exe',
  '/proc/%lu/exe',
];

/**
 * Searches all modules but the linker and the C library, which hold the path for uses of their own. A program that
 * composes the path from parts, or whose plug-in reads it, is not found; where the link can be set it does not matter.
 */
export function readsExeLink(program: Program): boolean {
  return program.modules.some((module) => mentionsExeLink(program, module));
}

function mentionsExeLink(program: Program, module: Module): boolean {
  if (module === program.interpreter || module.name === 'libc.so.6') return false;
  return spellings.some((spelling) => module.elf.bytes.includes(spelling));
}

/** Whether a program looks at its own executable through /proc, as those do that find their home by it (JDK, LibreOffice). */
import type { ElfFile } from '../elf/elf-file.ts';
import type { Module, Program } from './program.ts';

/** Whole, or as a format; where strings stand without an end, as in Rust, what follows makes no difference. */
const spellings = [
  '/proc/self/exe',
  '/proc/%d/exe',
  '/proc/%i/exe',
  '/proc/%u/exe',
  '/proc/%ld/exe',
  '/proc/%lu/exe',
];

/** One of these beside a `/proc` may become the path. `/exec…` is another word; of a plain `exe` both ends must show. */
const root = '/proc';
const lastPart = '/exe';
const otherWord = 'c'.charCodeAt(0);
const lastName = '\0exe\0';

/**
 * Searches all modules but the linker and the C library, which hold the path for uses of their own: for the path, and for parts that it
 * may be composed of, be they strings or words in instructions (`movabs $"elf/exe"`, as compilers write short copies). A program
 * that makes the path of other parts, or whose plug-in reads it, is not found; where the link can be set it does not matter.
 */
export function readsExeLink(program: Program): boolean {
  return program.modules.some((module) => mentionsExeLink(program, module));
}

function mentionsExeLink(program: Program, module: Module): boolean {
  if (module === program.interpreter || module.name === 'libc.so.6') return false;
  const answer = answers.get(module.elf) ?? mayNameExeLink(module.elf.bytes);
  answers.set(module.elf, answer);
  return answer;
}

/** Of files that were searched; many programs have the same modules. */
const answers = new WeakMap<ElfFile, boolean>();

function mayNameExeLink(bytes: Buffer): boolean {
  if (spellings.some((spelling) => bytes.includes(spelling))) return true;
  return bytes.includes(root) && (bytes.includes(lastName) || hasLastPart(bytes));
}

function hasLastPart(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(lastPart); at >= 0; at = bytes.indexOf(lastPart, at + 1))
    if (bytes[at + lastPart.length] !== otherWord) return true;
  return false;
}

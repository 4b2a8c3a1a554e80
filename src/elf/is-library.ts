import { DF_1, ET } from './constants.ts';
import type { ElfFile } from './elf-file.ts';

/** libc.so.6 and ld.so are libraries that can be run: only the flag tells, and older executables do not have it. */
export function isLibrary({ header, interpreter, dynamic }: ElfFile): boolean {
  if (header.type !== ET.DYN || ((dynamic?.flags1 ?? 0) & DF_1.PIE) !== 0) return false;
  return dynamic?.soname !== undefined || interpreter === undefined;
}

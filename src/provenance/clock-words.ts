/**
 * The words in which a dynamic linker keeps what it read from the time stamp counter. glibc's has three (elf/rtld.c:
 * when it started, how long it mapped and how long it relocated, for LD_DEBUG=statistics), static variables without a symbol.
 * Its code says where they are (`clockStores`): soon behind a reading it stores a register into them, or adds one. Of all words
 * only these can hold a time; in any other, and in any other module, a small number that differs is nobody's clock.
 */
import { PF, PT } from '../elf/constants.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import { clockStores } from '../machine/instructions.ts';
import type { Vaddr } from '../util/units.ts';

/** Where a linker may keep times; none for one that never reads the counter (musl's). */
export function clockWords({ segments, bytes }: ElfFile): ReadonlySet<Vaddr> {
  const words = new Set<Vaddr>();
  for (const { type, flags, offset, fileSize, address } of segments) {
    if (type !== PT.LOAD || (flags & PF.X) === 0) continue;
    const code = bytes.subarray(offset, offset + fileSize);
    for (const target of clockStores(code)) words.add(address + target);
  }
  return words;
}

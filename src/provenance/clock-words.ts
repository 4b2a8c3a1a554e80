/**
 * The words in which a dynamic linker keeps what it read from the time stamp counter. glibc's has three (elf/rtld.c:
 * when it started, how long it mapped and how long it relocated, for LD_DEBUG=statistics), static variables without a symbol.
 * Its code says where they are: soon behind an `rdtsc` it stores a register into them, or adds one to them. Of all words
 * only these can hold a time; in any other, and in any other module, a small number that differs is nobody's clock.
 */
import { PF, PT } from '../elf/constants.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import type { Vaddr } from '../util/units.ts';

const rdtsc = Buffer.from('0f31', 'hex');
/** How far behind the end of `rdtsc` the store may end, bytes: the halves are joined, and an earlier time is subtracted. */
const reach = 48;
/** REX.W with any register, `mov %reg,disp32(%rip)` or `add %reg,disp32(%rip)`. */
const rexW: ReadonlySet<number> = new Set([0x48, 0x4c]);
const storing: ReadonlySet<number> = new Set([0x89, 0x01]);
const storeLength = 7;

/** Where a linker may keep times; none for one that never reads the counter (musl's). */
export function clockWords({ segments, bytes }: ElfFile): ReadonlySet<Vaddr> {
  const words = new Set<Vaddr>();
  for (const { type, flags, offset, fileSize, address } of segments) {
    if (type !== PT.LOAD || (flags & PF.X) === 0) continue;
    const code = bytes.subarray(offset, offset + fileSize);
    for (let at = code.indexOf(rdtsc); at >= 0; at = code.indexOf(rdtsc, at + 1))
      for (const target of storesBehind(code, at + rdtsc.length)) words.add(address + target);
  }
  return words;
}

/** The targets of what looks like a store, from the beginning of `code`. What is none by chance holds no time. */
function storesBehind(code: Buffer, from: number): number[] {
  const targets: number[] = [];
  for (let at = from; at + storeLength <= Math.min(from + reach, code.length); at++) {
    const [rex = 0, opcode = 0, operand = 0] = code.subarray(at, at + 3);
    const isStore = rexW.has(rex) && storing.has(opcode) && (operand & 0xc7) === 0x05;
    if (isStore) targets.push(at + storeLength + code.readInt32LE(at + 3));
  }
  return targets;
}

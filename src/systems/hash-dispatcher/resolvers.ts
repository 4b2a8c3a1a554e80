/**
 * What an entry leads to that several functions want: the return address on top of the stack says which module calls. For each
 * module:
 *
 *   4c 89 5c 24 f8       mov  %r11, -8(%rsp)       once, and the flags are saved
 *   4c 8b 1c 24          mov  (%rsp), %r11
 *   4c 3b 1d disp32      cmp  start(%rip), %r11
 *   72 1c                jb   next
 *   4c 3b 1d disp32      cmp  end(%rip), %r11
 *   73 13                jae  next
 *                        the flags are restored
 *   4c 8b 5c 24 f8       mov  -8(%rsp), %r11
 *   ff 25 disp32         jmp  *function(%rip)
 *   0f 0b                ud2                       at the end: nobody else calls
 *
 * Only calls come here; the return address of a jump would be that of another caller.
 */
import { code, jumpThrough, restoreFlags, saveFlags } from '../../calls/machine-code.ts';
import type { Address } from '../../util/units.ts';

export interface Caller {
  /** Range of the calling module. */
  readonly start: Address;
  readonly end: Address;
  readonly target: Address;
}

const head = Buffer.concat([code('4c 89 5c 24 f8'), saveFlags(), code('4c 8b 1c 24')]);
const leave = Buffer.concat([restoreFlags(), code('4c 8b 5c 24 f8')]);
const jumpSize = 6;
const compareSize = 9;
const armSize = 2 * compareSize + leave.length + jumpSize;
const wordsSize = 24;
const tail = code('0f 0b');

/** Bytes of a resolver, a multiple of 16. */
export function resolverSize(callers: number): number {
  return Math.ceil((wordsOffset(callers) + callers * wordsSize) / 16) * 16;
}

/** Where the words are, behind the code. */
function wordsOffset(callers: number): number {
  return Math.ceil((head.length + callers * armSize + tail.length) / 8) * 8;
}

/** Code and words; it may stand anywhere. */
export function resolverCode(callers: readonly Caller[]): Buffer {
  const bytes = Buffer.alloc(resolverSize(callers.length), 0xcc);
  const words = wordsOffset(callers.length);
  const arms = callers.map((_, index) => armCode(head.length + index * armSize, words + index * wordsSize));
  Buffer.concat([head, ...arms, tail]).copy(bytes);
  callers.forEach(({ start, end, target }, index) => {
    [start, end, target].forEach((value, place) =>
      bytes.writeBigUInt64LE(BigInt(value), words + index * wordsSize + place * 8),
    );
  });
  return bytes;
}

/** `at`, `word`: where the arm and its words are in the resolver. */
function armCode(at: number, word: number): Buffer {
  const jb = 0x72;
  const jae = 0x73;
  return Buffer.concat([
    compare(word - at, jb, armSize - compareSize),
    compare(word + 8 - (at + compareSize), jae, armSize - 2 * compareSize),
    leave,
    jumpThrough(at + armSize - jumpSize, word + 16),
  ]);
}

/** Compares r11 with the word at a distance from here, and jumps over so many bytes behind. */
function compare(distance: number, jump: number, over: number): Buffer {
  const operand = Buffer.alloc(4);
  operand.writeInt32LE(distance - 7);
  return Buffer.concat([code('4c 3b 1d'), operand, Buffer.from([jump, over])]);
}

/**
 * What an entry leads to that several functions want: the return address on top of the stack says which module calls. For each
 * module:
 *
 *   4c 8b 1c 24          mov  (%rsp), %r11         once
 *   4c 3b 1d disp32      cmp  start(%rip), %r11
 *   72 0f                jb   next
 *   4c 3b 1d disp32      cmp  end(%rip), %r11
 *   73 06                jae  next
 *   ff 25 disp32         jmp  *function(%rip)
 *   0f 0b                ud2                       at the end: nobody else calls
 *
 * Only calls come here; the return address of a jump would be that of another caller.
 */
import type { Address } from '../../util/units.ts';

export interface Caller {
  /** Range of the calling module. */
  readonly start: Address;
  readonly end: Address;
  readonly target: Address;
}

const headSize = 4;
const armSize = 24;
const jumpEnd = 24;
const wordsSize = 24;
const tailSize = 2;

/** Bytes of a resolver, a multiple of 16. */
export function resolverSize(callers: number): number {
  return Math.ceil((headSize + callers * (armSize + wordsSize) + tailSize + 8) / 16) * 16;
}

/** Code and words; it may stand anywhere. */
export function resolverCode(callers: readonly Caller[]): Buffer {
  const bytes = Buffer.alloc(resolverSize(callers.length), 0xcc);
  const words = Math.ceil((headSize + callers.length * armSize + tailSize) / 8) * 8;
  bytes.write('4c8b1c24', 0, 'hex');
  callers.forEach(({ start, end, target }, index) => {
    const at = headSize + index * armSize;
    const word = words + index * wordsSize;
    bytes.write('4c3b1d', at, 'hex');
    bytes.writeInt32LE(word - (at + 7), at + 3);
    bytes.write('720f', at + 7, 'hex');
    bytes.write('4c3b1d', at + 9, 'hex');
    bytes.writeInt32LE(word + 8 - (at + 16), at + 12);
    bytes.write('7306', at + 16, 'hex');
    bytes.write('ff25', at + 18, 'hex');
    bytes.writeInt32LE(word + 16 - (at + jumpEnd), at + 20);
    [start, end, target].forEach((value, place) => bytes.writeBigUInt64LE(BigInt(value), word + place * 8));
  });
  bytes.write('0f0b', headSize + callers.length * armSize, 'hex');
  return bytes;
}

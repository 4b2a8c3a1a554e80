/** Machine code that systems write (Intel SDM, volume 2), each with its assembly; lengths and reach are checked. */
import type { Address } from '../util/units.ts';
import { hex } from '../util/units.ts';

/** Bytes of a jump or call with a 32-bit displacement. */
export const nearSize = 5;

/** Whether a 32-bit displacement leads from behind an instruction to an address. */
export function isNear(end: Address, target: Address): boolean {
  const distance = target - end;
  return distance >= -0x8000_0000 && distance <= 0x7fff_ffff;
}

/** Throws Error where the target is out of reach: callers ask `isNear` where that can be. */
export function displacement(end: Address, target: Address): Buffer {
  if (!isNear(end, target)) throw new Error(`${hex(target)} is out of reach from ${hex(end)}`);
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(target - end);
  return bytes;
}

/** 4 bytes, little-endian. */
export function word32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** 8 bytes, little-endian. */
export function word64(value: Address): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** An address below 2 GiB as the sign-extended displacement of a memory operand without a base. */
function low(address: Address): Buffer {
  if (address >= 0x8000_0000) throw new Error(`${hex(address)} is not below 2 GiB`);
  return word32(address);
}

/** Bytes as hexadecimal digits, and what follows them. */
export const code = (bytes: string, ...operands: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(bytes.replaceAll(' ', ''), 'hex'), ...operands]);

/** 5 bytes: `jmp target`. */
export const jumpNear = (at: Address, target: Address): Buffer =>
  code('e9', displacement(at + nearSize, target));

/** 6 bytes: `mov $value, %r11d`; r11 is free at every call through the PLT (System V ABI x86-64, 3.2.3). */
export const moveR11 = (value: number): Buffer => code('41 bb', word32(value));

/** 10 bytes: `movabs $value, %r11`. */
export const moveR11Wide = (value: Address): Buffer => code('49 bb', word64(value));

/** 16 bytes: `jmp *2(%rip); xchg %ax, %ax; .quad target`. It reaches every address, and changes no register. */
export const jumpWide = (target: Address): Buffer => code('ff 25 02 00 00 00 66 90', word64(target));

/** 3 bytes: `jmp *(%r11)`. */
export const jumpThroughR11 = (): Buffer => code('41 ff 23');

/** 7 bytes: `jmp *address`, of a word below 2 GiB. */
export const jumpThroughLow = (address: Address): Buffer => code('ff 24 25', low(address));

/** 8 bytes: `jmp *table(,%r11,8)`, of a table below 2 GiB. */
export const jumpThroughLowTable = (table: Address): Buffer => code('42 ff 24 dd', low(table));

/** 8 bytes: `jmp *%gs:offset`. */
export const jumpThroughGs = (offset: number): Buffer => code('65 ff 24 25', low(offset));

/** 6 bytes: `jmp *word(%rip)`. */
export const jumpThrough = (at: Address, target: Address): Buffer =>
  code('ff 25', displacement(at + 6, target));

/** 8 bytes: `movl $value, -8(%rsp)`, into the red zone. */
export const storeInRedZone = (value: number): Buffer => code('c7 44 24 f8', word32(value));

/**
 * The flags that arithmetic changes go into rax, whose value goes into the red zone (System V ABI x86-64, 3.2.2), which no signal's
 * frame is written to: a push would move the frame, and unwinders would have to know where.
 */
export const saveFlags = (): Buffer =>
  Buffer.concat([
    code('48 89 44 24 e0'), //   mov   %rax, -32(%rsp)
    code('9f'), //               lahf
    code('0f 90 c0'), //         seto  %al
  ]);

/** And back: 1 + 127 overflows, 0 + 127 does not; lahf has kept the others. */
export const restoreFlags = (): Buffer =>
  Buffer.concat([
    code('04 7f'), //            add   $127, %al
    code('9e'), //               sahf
    code('48 8b 44 24 e0'), //   mov   -32(%rsp), %rax
  ]);

/** 9 bytes: `lock incq address`, of a word below 2 GiB. */
export const countLow = (address: Address): Buffer => code('f0 48 ff 04 25', low(address));

/** 2 bytes: `ud2`. */
export const undefinedInstruction = (): Buffer => code('0f 0b');

/** Code as given, then int3 up to `size` bytes. Throws Error where it is longer. */
export function padded(size: number, ...parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  if (bytes.length > size) throw new Error(`${String(bytes.length)} bytes of code where ${String(size)} fit`);
  return Buffer.concat([bytes, Buffer.alloc(size - bytes.length, 0xcc)]);
}

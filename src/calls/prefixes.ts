/**
 * Which prefixes may stand before a call site's opcode (Intel SDM volume 2, _Instruction Prefixes_): those that change
 * neither where it leads nor its length on any processor.
 */
import type { CallSiteKind } from './module-calls.ts';

const bnd = 0xf2;
/** Also a hint for conditional jumps; as a segment it means nothing here. */
const notrack = 0x3e;
/** Cuts an operand's address to 32 bits; means nothing where the target is in the instruction. */
const addressSize = 0x67;
/** Intel ignores it here, AMD takes a displacement of 16 bits, unless REX.W is there, as in calls of __tls_get_addr. */
const operandSize = 0x66;

/** Whether all of these bytes, which end before the opcode, are such prefixes. */
export function areHarmless(prefixes: Uint8Array, kind: CallSiteKind): boolean {
  // REX counts only as the last one.
  const last = prefixes.at(-1);
  const isWide = last !== undefined && last >> 3 === 0x48 >> 3;
  const throughMemory = kind === 'slot-call' || kind === 'slot-jump';
  return prefixes.every(
    (byte) =>
      byte === bnd ||
      byte === notrack ||
      byte >> 4 === 4 ||
      (byte === addressSize && !throughMemory) ||
      (byte === operandSize && isWide),
  );
}

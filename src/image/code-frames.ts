/**
 * What unwinders must know of code that is no module's, such as stubs: where the caller's return address is while it runs. They
 * find that in `.eh_frame` (LSB, _Exception Frames_), through a header without a sorted table: few frames are looked up here.
 *
 *   ranges    start and end of each
 *   header    of .eh_frame_hdr
 *   frames    two CIEs, an FDE for each range, a length of zero
 */
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { roundUp } from '../util/units.ts';

/** A range of code in which the stack pointer stays where it is. */
export interface CodeFrame {
  readonly address: Address;
  readonly size: number;
  /**
   * Bytes from the stack pointer to the caller's frame, the return address being the last 8 of them: 8 at a function's entry.
   * `signal`: the stack pointer is at a `ucontext_t`, whose registers are the caller's.
   */
  readonly depth: number | 'signal';
}

export interface FrameTables {
  readonly bytes: Buffer;
  /** Bytes of the ranges. */
  readonly rangesSize: number;
  readonly headerOffset: number;
}

const rangeSize = 16;
const headerSize = 8;

/** It may stand at any multiple of 8. */
export function frameTables(frames: readonly CodeFrame[]): FrameTables {
  const rangesSize = frames.length * rangeSize;
  const bytes = Buffer.concat([...frames.map(encodeRange), header(), encodeFrames(frames)]);
  return { bytes, rangesSize, headerOffset: rangesSize };
}

function encodeRange({ address, size }: CodeFrame): Buffer {
  const bytes = Buffer.alloc(rangeSize);
  bytes.writeBigUInt64LE(BigInt(address), 0);
  bytes.writeBigUInt64LE(BigInt(address + size), 8);
  return bytes;
}

/** Version, then encodings: DW_EH_PE_pcrel | sdata4 of what follows, DW_EH_PE_omit of number and table. */
function header(): Buffer {
  const bytes = Buffer.from('011bffff00000000', 'hex');
  bytes.writeInt32LE(headerSize - 4, 4);
  return bytes;
}

/** DWARF 4, 6.4.2 and 7.7.1. */
const DW_CFA = { offset: 0x80, defCfa: 0x0c, defCfaOffset: 0x0e, defCfaExpression: 0x0f, expression: 0x10 };
const DW_OP = { deref: 0x06, breg7: 0x77 };
const [rsp, returnAddress] = [7, 16];
/** Units of code and data, the second one -8 as SLEB128, and the column of the return address. */
const units = [1, 0x78, returnAddress];
const plainCie = [...[1, 0, ...units], ...[DW_CFA.defCfa, rsp, 8, DW_CFA.offset | returnAddress, 1]];
/** "zRS": addresses are absolute, and a frame is a signal's, whose address is that of the next instruction. */
const signalCie = [1, 0x7a, 0x52, 0x53, 0, ...units, 1, 0];

function encodeFrames(frames: readonly CodeFrame[]): Buffer {
  const cies = [plainCie, signalCie].map((body) => record(0, Buffer.from(body)));
  const signalAt = at(cies, 0).length;
  let next = Buffer.concat(cies).length;
  const entries = frames.map((frame) => {
    const cie = frame.depth === 'signal' ? signalAt : 0;
    const entry = record(next + 4 - cie, frameBody(frame));
    next += entry.length;
    return entry;
  });
  return Buffer.concat([...cies, ...entries, Buffer.alloc(8)]);
}

/** Addresses of 64 bits: what the CIE does not encode otherwise. */
function frameBody({ address, size, depth }: CodeFrame): Buffer {
  if (depth !== 'signal' && depth > 0x7f) throw new Error(`a frame of ${String(depth)} bytes`);
  const range = Buffer.alloc(16);
  range.writeBigUInt64LE(BigInt(address), 0);
  range.writeBigUInt64LE(BigInt(size), 8);
  const rules = depth === 'signal' ? [0, ...signalRules()] : [DW_CFA.defCfaOffset, depth];
  return Buffer.concat([range, Buffer.from(rules)]);
}

/** Where a `ucontext_t` has registers, by their DWARF numbers (psABI, figure 3.36; sys/ucontext.h). */
const saved = [144, 136, 152, 128, 112, 104, 120, 160, 40, 48, 56, 64, 72, 80, 88, 96, 168];

function signalRules(): number[] {
  const placed = (offset: number): number[] => [DW_OP.breg7, (offset & 0x7f) | 0x80, offset >> 7];
  const stack = [...placed(at(saved, rsp)), DW_OP.deref];
  const registers = saved.flatMap((offset, register) => [DW_CFA.expression, register, 3, ...placed(offset)]);
  return [DW_CFA.defCfaExpression, stack.length, ...stack, ...registers];
}

/** Length, id, and the body with DW_CFA_nop behind it, so that the whole is a multiple of 8. */
function record(id: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(roundUp(8 + body.length, 8));
  bytes.writeUInt32LE(bytes.length - 4, 0);
  bytes.writeUInt32LE(id, 4);
  body.copy(bytes, 8);
  return bytes;
}

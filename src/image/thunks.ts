/** Code of the image's own that stands behind the loader: thunks into the vdso, and the function that unwinders ask. */
import type { Blueprint } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionShift } from '../provenance/layout.ts';
import type { Address } from '../util/units.ts';
import { roundUp } from '../util/units.ts';
import type { CodeFrame, FrameTables } from './code-frames.ts';
import { findObjectCode, findObjectFrames, findObjectSize, findObjectWords } from './find-object-code.ts';
import type { FindObject } from './find-object.ts';
import { findObject } from './find-object.ts';
import { openerCode } from './opener.ts';
import type { VdsoThunks } from './vdso-thunks.ts';
import { vdsoThunks, vdsoThunksSize } from './vdso-thunks.ts';

export interface Thunks extends VdsoThunks {
  /** Where the words of `find-object-code.ts` stand in the code, if nothing keeps unwinders from asking. */
  readonly findObject: number | undefined;
  /** Where the opener stands in the code, if the program opens modules. */
  readonly opener: number | undefined;
  readonly frames: readonly CodeFrame[];
}

/** Bytes of all of it: the same for all programs with one linker and C library. */
export function thunksSize(blueprint: Blueprint): number {
  return openerOffset(blueprint) + (blueprint.opener ? openerCode().length : 0);
}

/** The opener stands behind the rest. */
function openerOffset(blueprint: Blueprint): number {
  return roundUp(vdsoThunksSize(blueprint) + (findObject(blueprint) ? findObjectSize : 0), 16);
}

/** `start`: where the code will stand. Throws Refusal where a lazy slot leads to a function without a word. */
export function imageThunks(blueprint: Blueprint, layout: Layout, start: Address): Thunks {
  const thunks = smallThunks(blueprint, layout, start);
  if (!blueprint.opener) return { ...thunks, opener: undefined };
  const opener = openerOffset(blueprint);
  const room = Buffer.alloc(opener - thunks.code.length);
  return { ...thunks, code: Buffer.concat([thunks.code, room, openerCode()]), opener };
}

function smallThunks(blueprint: Blueprint, layout: Layout, start: Address): Omit<Thunks, 'opener'> {
  const vdso = vdsoThunks(blueprint, layout, start);
  const word = findObject(blueprint);
  if (!word) return { ...vdso, findObject: undefined, frames: [] };
  const offset = vdso.code.length;
  const function_ = functionCode(word, regionShift(blueprint, layout, word.region));
  return {
    ...vdso,
    code: Buffer.concat([vdso.code, function_]),
    operands: [...vdso.operands, { offset: offset + findObjectWords.function, region: word.region }],
    slots: [...vdso.slots, { address: word.address, region: word.region, thunk: start + offset }],
    findObject: offset,
    frames: [{ address: start, size: offset, depth: 8 }, ...findObjectFrames(start + offset)].filter(
      ({ size }) => size > 0,
    ),
  };
}

function functionCode({ function: address }: FindObject, shift: number): Buffer {
  const code = findObjectCode();
  code.writeBigUInt64LE(BigInt(address + shift), findObjectWords.function);
  return code;
}

/** Where what the code reads will stand. */
interface CodeTables {
  readonly frames: FrameTables;
  readonly framesAddress: Address;
  readonly openedAddress: Address;
}

/** The code with the addresses of its tables. */
export function thunksCode({ code, findObject, opener }: Thunks, tables: CodeTables): Buffer {
  const { frames, framesAddress: at, openedAddress } = tables;
  const complete = Buffer.from(code);
  const put = (offset: number, value: Address): unknown => complete.writeBigUInt64LE(BigInt(value), offset);
  if (findObject !== undefined) {
    put(findObject + findObjectWords.ranges, at);
    put(findObject + findObjectWords.rangesEnd, at + frames.rangesSize);
    put(findObject + findObjectWords.header, at + frames.headerOffset);
  }
  if (opener !== undefined) put(opener, openedAddress);
  return complete;
}

/** Code of the image's own that stands behind the loader: thunks into the vdso, and the function that unwinders ask. */
import type { Blueprint } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionShift } from '../provenance/layout.ts';
import type { Address } from '../util/units.ts';
import type { CodeFrame, FrameTables } from './code-frames.ts';
import { findObjectCode, findObjectFrames, findObjectSize, findObjectWords } from './find-object-code.ts';
import type { FindObject } from './find-object.ts';
import { findObject } from './find-object.ts';
import type { VdsoThunks } from './vdso-thunks.ts';
import { vdsoThunks, vdsoThunksSize } from './vdso-thunks.ts';

export interface Thunks extends VdsoThunks {
  /** Where the words of `find-object-code.ts` stand in the code, if nothing keeps unwinders from asking. */
  readonly findObject: number | undefined;
  readonly frames: readonly CodeFrame[];
}

/** Bytes of all of it: the same for all programs with one linker and C library. */
export function thunksSize(blueprint: Blueprint): number {
  return vdsoThunksSize(blueprint) + (findObject(blueprint) ? findObjectSize : 0);
}

/** `start`: where the code will stand. Throws Refusal where a lazy slot leads to a function without a word. */
export function imageThunks(blueprint: Blueprint, layout: Layout, start: Address): Thunks {
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

/** The code with the addresses of the tables that unwinders find through it. */
export function thunksCode({ code, findObject: offset }: Thunks, tables: FrameTables, at: Address): Buffer {
  if (offset === undefined) return code;
  const complete = Buffer.from(code);
  const put = (word: number, value: Address): unknown =>
    complete.writeBigUInt64LE(BigInt(value), offset + word);
  put(findObjectWords.ranges, at);
  put(findObjectWords.rangesEnd, at + tables.rangesSize);
  put(findObjectWords.header, at + tables.headerOffset);
  return complete;
}

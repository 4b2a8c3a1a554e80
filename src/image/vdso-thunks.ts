/**
 * Calls into the vdso without a private page. glibc's `time` and `gettimeofday` are bound to functions of the vdso, which
 * is elsewhere in each process; a slot with such an address would make the page of the slot private (and RELRO pages writable
 * for a while), and a slot that stays lazy costs a symbol look-up through all modules at its first call. But the linker's
 * own data already has one word for each of these functions, which the loader writes anyway. A thunk in the image jumps
 * through that word; r11 is free at a call through the PLT (System V ABI x86-64, 3.2.3):
 *
 *   49 bb imm64   movabs $word, %r11
 *   41 ff 23      jmp *(%r11)
 *   cc cc cc      int3
 */
import type { Blueprint, ProcessWord } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionShift } from '../provenance/layout.ts';
import { Refusal } from '../util/errors.ts';
import { present } from '../util/present.ts';
import type { Address } from '../util/units.ts';

const thunkSize = 16;
const operandOffset = 2;

export interface VdsoThunks {
  readonly code: Buffer;
  /** Where in the code the address of a word stands, and in which region that word is. */
  readonly operands: readonly { readonly offset: number; readonly region: number }[];
  /** Slots, at the first capture's addresses, with the address of their thunk. */
  readonly slots: readonly { readonly address: Address; readonly region: number; readonly thunk: Address }[];
  /** The process words that are left. */
  readonly words: readonly ProcessWord[];
}

/** The functions of the vdso that a thunk can lead to, ascending: the same ones in all programs with one linker. */
export function thunkOffsets(blueprint: Blueprint): readonly number[] {
  const offsets = linkerWords(blueprint).map(({ addend }) => addend);
  return [...new Set(offsets)].sort((a, b) => a - b);
}

/** Words of the linker's own data for the vdso. Another module's variable may change; a slot is what a thunk is for. */
function linkerWords({ processWords, regions, facts, vdsoSlots }: Blueprint): ProcessWord[] {
  const slots = new Set(vdsoSlots.map(({ address }) => address));
  const linker = regions.findIndex(({ region }) => region.module?.path === facts.interpreter.path);
  return processWords.filter(
    ({ source, width, address, region }) =>
      source.kind === 'vdso' && width === 8 && region === linker && !slots.has(address),
  );
}

/** Bytes of all thunks. */
export function vdsoThunksSize(blueprint: Blueprint): number {
  return thunkOffsets(blueprint).length * thunkSize;
}

/** `start`: where the code will stand. Throws Refusal where a lazy slot leads to a function without a word. */
export function vdsoThunks(blueprint: Blueprint, layout: Layout, start: Address): VdsoThunks {
  const words = vdsoWords(blueprint, layout);
  const offsets = thunkOffsets(blueprint);
  if (blueprint.vdsoSlots.some(({ eager, offset }) => !eager && !words.has(offset)))
    throw new Refusal('a lazy slot leads to a function of the vdso that the linker does not know');
  const wordOf = (offset: number) => present(words.get(offset), 'word for a function of the vdso');
  const code = Buffer.alloc(offsets.length * thunkSize, 0xcc);
  offsets.forEach((offset, index) => {
    const at = index * thunkSize;
    code.writeUInt16BE(0x49bb, at);
    code.writeBigUInt64LE(BigInt(wordOf(offset).address), at + operandOffset);
    code.write('41ff23', at + 10, 'hex');
  });
  const operands = offsets.map((offset, index) => ({
    offset: index * thunkSize + operandOffset,
    region: wordOf(offset).region,
  }));
  const slots = blueprint.vdsoSlots.flatMap(({ address, region, offset }) => {
    const index = offsets.indexOf(offset);
    return index < 0 ? [] : [{ address, region, thunk: start + index * thunkSize }];
  });
  const settled = new Set(slots.map(({ address }) => address));
  return {
    code,
    operands,
    slots,
    words: blueprint.processWords.filter(({ address }) => !settled.has(address)),
  };
}

/** Offset in the vdso → a word of each process that holds the function's address. */
function vdsoWords(
  blueprint: Blueprint,
  layout: Layout,
): Map<number, { readonly address: Address; readonly region: number }> {
  return new Map(
    linkerWords(blueprint).map(({ addend, address, region }) => [
      addend,
      { address: address + regionShift(blueprint, layout, region), region },
    ]),
  );
}

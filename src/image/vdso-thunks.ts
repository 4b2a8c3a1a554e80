/**
 * Calls into the vdso without a private page. glibc's `time` and `gettimeofday` are bound to functions of the vdso, which
 * is elsewhere in each process; a slot with such an address would make the page of the slot private, and a slot that
 * stays lazy costs a symbol look-up through all modules at its first call. But the linker's own data already has one
 * word for each of these functions, which the loader writes anyway. A thunk in the image jumps through that word:
 *
 *   ff 25 rel32   jmp *word(%rip)
 *   cc cc         int3; int3
 */
import type { Explained } from '../provenance/explained.ts';
import type { Layout } from '../provenance/layout.ts';
import { regionShift } from '../provenance/layout.ts';
import type { Address } from '../util/units.ts';

const thunkSize = 8;
const jumpSize = 6;
const farthest = 0x7fff_ffff;

export interface VdsoThunks {
  readonly code: Buffer;
  /** Slots, at the first capture's addresses, with the address of their thunk. */
  readonly slots: readonly { readonly address: Address; readonly region: number; readonly thunk: Address }[];
}

/** `start`: where the code will stand. Functions without a word, or with one out of reach, get no thunk. */
export function vdsoThunks(explained: Explained, layout: Layout, start: Address): VdsoThunks {
  const words = vdsoWords(explained, layout);
  const reachable = (offset: number): boolean => {
    const word = words.get(offset);
    return word !== undefined && Math.abs(word - start) < farthest - 4096;
  };
  const offsets = [...new Set(explained.vdsoSlots.map((slot) => slot.offset))].filter(reachable);
  const code = Buffer.alloc(offsets.length * thunkSize, 0xcc);
  offsets.forEach((offset, index) => {
    const at = index * thunkSize;
    code.writeUInt16BE(0xff25, at);
    code.writeInt32LE((words.get(offset) ?? 0) - (start + at + jumpSize), at + 2);
  });
  const slots = explained.vdsoSlots.flatMap(({ address, region, offset }) => {
    const index = offsets.indexOf(offset);
    return index < 0 ? [] : [{ address, region, thunk: start + index * thunkSize }];
  });
  return { code, slots };
}

/** Offset in the vdso → address of a word of each process that holds the function's address. */
function vdsoWords(explained: Explained, layout: Layout): Map<number, Address> {
  const words = new Map<number, Address>();
  for (const { source, addend, address, region, width } of explained.processWords)
    if (source.kind === 'vdso' && width === 8)
      words.set(addend, address + regionShift(explained, layout, region));
  return words;
}

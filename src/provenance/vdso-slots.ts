/** Slots that the linker binds at start-up to functions of the vdso. */
import type { Region } from '../capture/capture.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { ProcessWord, VdsoSlot } from './explained.ts';
import { at } from '../util/present.ts';

/**
 * The process words that are PLT slots (JUMP_SLOT) into the vdso. Only calls go through such a slot, so that what it
 * holds may differ from the function's address.
 */
export function eagerVdsoSlots(regions: readonly Region[], words: readonly ProcessWord[]): VdsoSlot[] {
  const candidates = words.filter(({ source, width }) => source.kind === 'vdso' && width === 8);
  const known = new Map<number, ReadonlySet<number>>();
  const slotsOf = (index: number): ReadonlySet<number> => {
    const slots = known.get(index) ?? jumpSlots(at(regions, index, 'region'));
    known.set(index, slots);
    return slots;
  };
  return candidates
    .filter(({ address, region }) => slotsOf(region).has(address))
    .map(({ address, region, addend }) => ({ address, region, offset: addend, eager: true }));
}

function jumpSlots({ module, loadBias }: Region): ReadonlySet<number> {
  const relocations = module?.elf.relocations ?? [];
  const slots = relocations.filter(({ table, type }) => table === 'jmprel' && formulaOf(type) === 'jumpSlot');
  return new Set(slots.map(({ address }) => loadBias + address));
}

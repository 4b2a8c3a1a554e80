/**
 * Which words of a placed program hold an address that moves with its place. All modules, and the linker's own memory, move by
 * the same distance, so that a list of places is all that is needed to relocate a page.
 */
import type { PlacedMemory } from '../image/compose-image.ts';
import { regionShift } from '../provenance/layout.ts';
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { roundDown } from '../util/units.ts';

const wordSize = 8;

/** Addresses of such words by the pages that they lie in; a word that straddles two pages stands at both. */
export type MovingWords = ReadonlyMap<Address, readonly Address[]>;

const known = new WeakMap<PlacedMemory, MovingWords>();

/** Kept with the program, which does not change. */
export function movingWords(placed: PlacedMemory): MovingWords {
  const words = known.get(placed) ?? collect(placed);
  known.set(placed, words);
  return words;
}

function collect({ blueprint, layout, regions, thunks }: PlacedMemory): MovingWords {
  const words = new Map<Address, Address[]>();
  const add = (page: Address, address: Address): void => {
    const list = words.get(page);
    if (list) list.push(address);
    else words.set(page, [address]);
  };
  // These lead to the thunks, which stand beside the loader and stay.
  const settled = new Set(thunks.slots.map(({ address }) => address));
  const shifts = blueprint.regions.map((_, index) => regionShift(blueprint, layout, index));
  const moves = blueprint.regions.map((_, index) => regions.isMovable(regions.rowOf(index)));
  const { count, addresses, owners, targets } = blueprint.references;
  for (let index = 0; index < count; index++) {
    const original = addresses[index]!;
    if (!at(moves, targets[index]!, 'region') || settled.has(original)) continue;
    const address = original + at(shifts, owners[index]!, 'region');
    const [first, last] = [roundDown(address), roundDown(address + wordSize - 1)];
    add(first, address);
    if (last !== first) add(last, address);
  }
  return words;
}

/** Blueprint memory at a layout: the pages that differ from the files, with every reference where it now leads. */
import { at } from '../util/present.ts';
import type { Address } from '../util/units.ts';
import { roundDown } from '../util/units.ts';
import type { Blueprint } from './explained.ts';
import type { Layout } from './layout.ts';
import { regionShift } from './layout.ts';

/** By region index: page address in the first capture's layout → its 4096 bytes at the new layout. */
export type MovedPages = readonly ReadonlyMap<Address, Buffer>[];

/** Per-process words keep the first capture's value. */
export function materialize(blueprint: Blueprint, layout: Layout): MovedPages {
  const shifts = blueprint.regions.map((_, index) => BigInt(regionShift(blueprint, layout, index)));
  const moved = blueprint.regions.map(
    ({ pages }) => new Map([...pages].map(([at, page]) => [at, Buffer.from(page)])),
  );
  const { count, addresses, owners, targets } = blueprint.references;
  for (let index = 0; index < count; index++) {
    const shift = at(shifts, targets[index]!, 'region');
    if (shift !== 0n) addToWord(at(moved, owners[index]!, 'region'), addresses[index]!, shift);
  }
  return moved;
}

function addToWord(pages: ReadonlyMap<Address, Buffer>, address: Address, shift: bigint): void {
  const start = roundDown(address);
  const page = pages.get(start);
  const offset = address - start;
  if (page && offset + 8 <= page.length) {
    page.writeBigUInt64LE(BigInt.asUintN(64, page.readBigUInt64LE(offset) + shift), offset);
    return;
  }
  addAcrossPages(page, pages.get(start + 4096), offset, shift);
}

/** A torn word whose bytes lie in two pages. */
function addAcrossPages(
  low: Buffer | undefined,
  high: Buffer | undefined,
  offset: number,
  shift: bigint,
): void {
  if (!low || !high) throw new Error('a reference lies in a page that was not written');
  const head = low.length - offset;
  const bytes = Buffer.concat([low.subarray(offset), high.subarray(0, 8 - head)]);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bytes.readBigUInt64LE(0) + shift));
  bytes.copy(low, offset, 0, head);
  bytes.copy(high, 0, head);
}

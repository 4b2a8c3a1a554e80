/** DT_RELR (gABI chapter 'Relocation', 'Relative Relocation Table'): addresses of relative relocations, packed. */
import type { Vaddr } from '../util/units.ts';
import type { Table } from './table.ts';

const wordSize = 8;
/** Bits of a bitmap that stand for words: all but bit 0. */
const bitmapWords = 63;

/**
 * The addresses, in the table's order. An even entry is an address; an odd one is a bitmap of the 63 words that follow
 * what the entries before covered. Throws ElfError for a table that begins with a bitmap.
 */
export function relrAddresses(table: Table): Vaddr[] {
  const addresses: Vaddr[] = [];
  let next: Vaddr | undefined;
  for (let at = 0; at < table.size; at += wordSize) {
    const low = table.u32(at);
    if (low % 2 === 0) {
      const address = table.u64(at);
      addresses.push(address);
      next = address + wordSize;
    } else {
      if (next === undefined) throw table.fail(at, 'a bitmap without an address before it');
      pushBits(addresses, next, low >>> 1, 31);
      pushBits(addresses, next + 31 * wordSize, table.u32(at + 4), 32);
      next += bitmapWords * wordSize;
    }
  }
  return addresses;
}

/** Appends the address of each word from `base` whose bit in `bits` is 1. */
function pushBits(addresses: Vaddr[], base: Vaddr, bits: number, count: number): void {
  for (let bit = 0; bit < count; bit++) if (((bits >>> bit) & 1) === 1) addresses.push(base + bit * wordSize);
}

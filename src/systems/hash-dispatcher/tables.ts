/**
 * The dispatcher's tables: of 1, 2, 4, … pages, one behind the other from its base, with entries of 8 bytes. A module says by its
 * number of imports which one it uses. Behind all tables stand the words through which the entries jump, in the same order:
 *
 *   ff 25 disp32   jmp  *word(%rip)
 *   66 90          xchg %ax, %ax
 */
import type { TableMemory } from '../../calls/call-scheme.ts';
import { jumpThrough } from '../../calls/machine-code.ts';
import { entrySize, tableCount } from '../../models/dispatcher-tables.ts';
import { PROT } from '../../image/pieces.ts';
import type { Address } from '../../util/units.ts';
import { pageSize } from '../../util/units.ts';

/** Pages of all tables together. */
const allPages = 2 ** tableCount - 1;
/** Bytes from an entry to its word. */
const wordDistance = allPages * pageSize;
/** Where what tells collisions apart stands, behind tables and words. */
export const resolverOffset = 2 * wordDistance;
/** An entry of one of the tables. */
export interface Entry {
  readonly table: number;
  readonly index: number;
}

/** From the dispatcher's base. */
export function entryOffset({ table, index }: Entry): number {
  return (2 ** table - 1) * pageSize + index * entrySize;
}

/** Code and words of the tables that are used. `words`: by the entry's offset. */
export function tableMemory(
  base: Address,
  used: ReadonlySet<number>,
  words: ReadonlyMap<number, Address>,
): TableMemory[] {
  return [...used]
    .sort((a, b) => a - b)
    .flatMap((table) => {
      const start = entryOffset({ table, index: 0 });
      const size = 2 ** table * pageSize;
      const code = Buffer.alloc(size, 0xcc);
      const values = Buffer.alloc(size);
      for (const [offset, value] of words) {
        const at = offset - start;
        if (at < 0 || at >= size) continue;
        entryCode(base + offset).copy(code, at);
        values.writeBigUInt64LE(BigInt(value), at);
      }
      return [
        { address: base + start, bytes: code, protection: PROT.read | PROT.execute },
        { address: base + start + wordDistance, bytes: values, protection: PROT.read },
      ];
    });
}

function entryCode(at: Address): Buffer {
  return Buffer.concat([jumpThrough(at, at + wordDistance), Buffer.from('6690', 'hex')]);
}

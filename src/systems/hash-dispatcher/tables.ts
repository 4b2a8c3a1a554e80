/**
 * The dispatcher's tables: of 1, 2, 4, … pages, one behind the other from its base, with entries of 8 bytes. A module says by its
 * number of imports which one it uses. Where entries are words, a call jumps through one. Where they are code, the words through
 * which they jump stand behind all tables, in the same order:
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

/** What each entry's word holds, by the entry's offset. */
type Words = ReadonlyMap<number, Address>;

/** The tables that are used, with words as entries. */
export function wordTables(base: Address, used: ReadonlySet<number>, words: Words): TableMemory[] {
  return ascending(used).map((table) => {
    const address = base + entryOffset({ table, index: 0 });
    const bytes = Buffer.alloc(2 ** table * pageSize);
    for (const [at, word] of wordsOf(table, words)) bytes.writeBigUInt64LE(BigInt(word), at);
    return { address, bytes, protection: PROT.read };
  });
}

/** The same with code as entries: code and words, table by table. */
export function codeTables(base: Address, used: ReadonlySet<number>, words: Words): TableMemory[] {
  const values = wordTables(base + wordDistance, used, words);
  return ascending(used).flatMap((table, index) => {
    const address = base + entryOffset({ table, index: 0 });
    const bytes = Buffer.alloc(2 ** table * pageSize, 0xcc);
    for (const [at] of wordsOf(table, words)) entryCode(address + at).copy(bytes, at);
    return [{ address, bytes, protection: PROT.read | PROT.execute }, ...values.slice(index, index + 1)];
  });
}

function ascending(used: ReadonlySet<number>): number[] {
  return [...used].sort((a, b) => a - b);
}

/** Words of one table, by their offset in it. */
function wordsOf(table: number, words: Words): (readonly [number, Address])[] {
  const start = entryOffset({ table, index: 0 });
  const size = 2 ** table * pageSize;
  return [...words].flatMap(([offset, word]) =>
    offset >= start && offset < start + size ? [[offset - start, word] as const] : [],
  );
}

function entryCode(at: Address): Buffer {
  return Buffer.concat([jumpThrough(at, at + wordDistance), Buffer.from('6690', 'hex')]);
}

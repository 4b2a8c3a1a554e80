/**
 * A dispatcher's tables: of 1, 2, 4, … pages, one behind the other from its base, with entries of 8 bytes. A module says by its
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
/** Bytes that a dispatcher takes from its base on, tables and words, with a page or two behind. */
export const dispatcherSize = 2 ** (tableCount + 1) * pageSize;

/** An entry of one of the tables. */
export interface Entry {
  readonly table: number;
  readonly index: number;
}

/** From the dispatcher's base. */
export function entryOffset({ table, index }: Entry): number {
  return (2 ** table - 1) * pageSize + index * entrySize;
}

/** What each entry leads to, by the entry's address. */
export type Leads = ReadonlyMap<Address, Address>;

/** The tables that are used, with words as entries. */
export function wordTables(base: Address, used: ReadonlySet<number>, leads: Leads): TableMemory[] {
  return tablesOf(base, used).map(({ address, size }) => ({
    address,
    bytes: wordsOf(address, size, leads),
    protection: PROT.read,
  }));
}

/** The same with code as entries: code and words, table by table. */
export function codeTables(base: Address, used: ReadonlySet<number>, leads: Leads): TableMemory[] {
  return tablesOf(base, used).flatMap(({ address, size }) => {
    const bytes = Buffer.alloc(size, 0xcc);
    for (const [entry] of inside(address, size, leads)) entryCode(entry).copy(bytes, entry - address);
    const words = { address: address + wordDistance, bytes: wordsOf(address, size, leads) };
    return [
      { address, bytes, protection: PROT.read | PROT.execute },
      { ...words, protection: PROT.read },
    ];
  });
}

interface Table {
  readonly address: Address;
  /** Bytes. */
  readonly size: number;
}

function tablesOf(base: Address, used: ReadonlySet<number>): Table[] {
  return [...used]
    .sort((a, b) => a - b)
    .map((table) => ({ address: base + entryOffset({ table, index: 0 }), size: 2 ** table * pageSize }));
}

function inside(start: Address, size: number, leads: Leads): (readonly [Address, Address])[] {
  return [...leads].filter(([entry]) => entry >= start && entry < start + size);
}

function wordsOf(start: Address, size: number, leads: Leads): Buffer {
  const bytes = Buffer.alloc(size);
  for (const [entry, to] of inside(start, size, leads)) bytes.writeBigUInt64LE(BigInt(to), entry - start);
  return bytes;
}

function entryCode(at: Address): Buffer {
  return Buffer.concat([jumpThrough(at, at + wordDistance), Buffer.from('6690', 'hex')]);
}

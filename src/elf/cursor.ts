/** Reads a table from a place on, field after field; for data without fixed positions, as DWARF. */
import type { Table } from './table.ts';

const lastLebByte = 9;

export class Cursor {
  readonly table: Table;
  /** The next byte to read, from the table's beginning. */
  at: number;

  constructor(table: Table, at: number) {
    this.table = table;
    this.at = at;
  }

  u8(): number {
    return this.table.u8(this.#advance(1));
  }

  u16(): number {
    return this.table.u16(this.#advance(2));
  }

  u32(): number {
    return this.table.u32(this.#advance(4));
  }

  u64(): number {
    return this.table.u64(this.#advance(8));
  }

  i64(): number {
    return this.table.i64(this.#advance(8));
  }

  /** ULEB128. Throws ElfError for values of 2^53 and above, as for all that leaves the table. */
  uleb(): number {
    return this.#leb().value;
  }

  /** SLEB128. Throws ElfError for values outside ±2^53. */
  sleb(): number {
    const { value, bits, last } = this.#leb();
    return (last & 0x40) === 0 ? value : value - 2 ** bits;
  }

  /** The zero-terminated string. */
  text(): string {
    const text = this.table.text(this.at);
    this.at += Buffer.byteLength(text) + 1;
    return text;
  }

  #leb(): { value: number; bits: number; last: number } {
    const start = this.at;
    let value = 0;
    for (let bits = 0; ; bits += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** bits;
      if (this.at - start > lastLebByte || value > Number.MAX_SAFE_INTEGER)
        throw this.table.fail(start, 'LEB128 number is too large');
      if (byte < 0x80) return { value, bits: bits + 7, last: byte };
    }
  }

  #advance(size: number): number {
    const at = this.at;
    this.at += size;
    return at;
  }
}

/** Pointers of `.eh_frame` (LSB chapter 'DWARF Exception Header Encoding'): a byte says format and base. */
import type { Vaddr } from '../util/units.ts';
import { roundUp } from '../util/units.ts';
import type { Cursor } from './cursor.ts';

/** The low four bits are the format, the next three the base, the highest says 'address of the pointer'. */
export const DW_EH_PE = {
  absptr: 0x00,
  uleb128: 0x01,
  udata2: 0x02,
  udata4: 0x03,
  udata8: 0x04,
  sleb128: 0x09,
  sdata2: 0x0a,
  sdata4: 0x0b,
  sdata8: 0x0c,
  pcrel: 0x10,
  datarel: 0x30,
  aligned: 0x50,
  indirect: 0x80,
  omit: 0xff,
} as const;

const formatMask = 0x0f;
const baseMask = 0x70;

/** A number in the encoding's format, whatever its base. Throws ElfError for an unknown format. */
export function readEncodedNumber(cursor: Cursor, encoding: number): number {
  switch (encoding & formatMask) {
    case DW_EH_PE.absptr:
    case DW_EH_PE.udata8:
    case DW_EH_PE.sdata8:
      return cursor.i64();
    case DW_EH_PE.uleb128:
      return cursor.uleb();
    case DW_EH_PE.udata2:
      return cursor.u16();
    case DW_EH_PE.udata4:
      return cursor.u32();
    case DW_EH_PE.sleb128:
      return cursor.sleb();
    case DW_EH_PE.sdata2:
      return (cursor.u16() << 16) >> 16;
    case DW_EH_PE.sdata4:
      return cursor.u32() | 0;
    default:
      throw unknown(cursor, encoding);
  }
}

/** The size of a range: in the pointer's format, but never negative. */
export function readEncodedSize(cursor: Cursor, encoding: number): number {
  const start = cursor.at;
  const value = readEncodedNumber(cursor, encoding);
  if (value >= 0) return value;
  if ((encoding & formatMask) === DW_EH_PE.sdata4) return value + 2 ** 32;
  if ((encoding & formatMask) === DW_EH_PE.sdata2) return value + 2 ** 16;
  throw cursor.table.fail(start, `negative size ${value}`);
}

/**
 * An address. `tableAddress` is that of the cursor's table, `dataBase` what `datarel` counts from.
 * Throws ElfError for bases that only running code knows.
 */
export function readEncodedPointer(
  cursor: Cursor,
  encoding: number,
  tableAddress: Vaddr,
  dataBase?: Vaddr,
): Vaddr {
  const start = cursor.at;
  const base = baseOf(cursor, encoding, tableAddress + start, dataBase);
  const address = base + readEncodedNumber(cursor, encoding);
  if (address < 0) throw cursor.table.fail(start, `negative address ${address}`);
  return address;
}

/** Passes over a pointer whose value is of no interest; its base need not be known. */
export function skipEncodedPointer(cursor: Cursor, encoding: number, tableAddress: Vaddr): void {
  if (encoding === DW_EH_PE.omit) return;
  if ((encoding & baseMask) === DW_EH_PE.aligned)
    cursor.at = roundUp(tableAddress + cursor.at, 8) - tableAddress;
  readEncodedNumber(cursor, encoding);
}

function baseOf(cursor: Cursor, encoding: number, place: Vaddr, dataBase: Vaddr | undefined): Vaddr {
  const base = encoding & ~formatMask;
  if (base === 0) return 0;
  if (base === DW_EH_PE.pcrel) return place;
  if (base === DW_EH_PE.datarel && dataBase !== undefined) return dataBase;
  throw unknown(cursor, encoding);
}

function unknown(cursor: Cursor, encoding: number) {
  return cursor.table.fail(cursor.at, `pointer encoding 0x${encoding.toString(16)} is not supported`);
}

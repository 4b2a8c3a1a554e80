/**
 * PLT slots: the stubs through which calls to other modules go. Each is an indirect jump through a GOT slot (psABI
 * chapter 'Procedure Linkage Table'); the dynamic relocation of that GOT slot has the symbol.
 */
import type { PltSlot, Relocation, Section } from './elf-file.ts';
import type { Vaddr } from '../util/units.ts';
import { SHT } from './constants.ts';
import { formulaOf } from '../machine/relocations.ts';
import { Table } from './table.ts';

/** Every kind of slot begins at a multiple of this. */
const slotAlignment = 8;
const jumpSize = 6;

/** What may stand before the jump, in this order. */
const prefixes = [
  { bytes: [0xf3, 0x0f, 0x1e, 0xfa], size: 4 }, // endbr64
  { bytes: [0x41, 0xbb], size: 6 }, // mov $n,%r11d (mold)
  { bytes: [0xf2], size: 1 }, // bnd
] as const;

/**
 * The slots of `.plt`, `.plt.got` and `.plt.sec`, in the sections' order. Slots whose GOT slot no dynamic relocation
 * fills are left out, and so is all of a file without section headers: nothing else tells code from data there.
 * Throws ElfError.
 */
export function readPlt(
  path: string,
  bytes: Buffer,
  sections: readonly Section[],
  relocations: readonly Relocation[],
): PltSlot[] {
  const pltSections = sections.filter(({ name, type }) => isPltName(name) && type !== SHT.NOBITS);
  if (pltSections.length === 0) return [];
  const symbols = new Map<Vaddr, number>();
  for (const { address, symbol, type } of relocations)
    if (symbol !== 0 || formulaOf(type) === 'irelative') symbols.set(address, symbol);
  return pltSections.flatMap((section) => {
    const table = new Table(path, bytes, section.name, section.offset, section.size);
    return slotsOf(table, section, symbols);
  });
}

function slotsOf(table: Table, section: Section, symbols: ReadonlyMap<Vaddr, number>): PltSlot[] {
  const slots: PltSlot[] = [];
  let at = 0;
  while (at + slotAlignment <= table.size) {
    const slot = slotAt(table, section, at, symbols);
    if (slot !== undefined) slots.push(slot);
    at += slot?.size ?? slotAlignment;
  }
  return slots;
}

function slotAt(
  table: Table,
  section: Section,
  at: number,
  symbols: ReadonlyMap<Vaddr, number>,
): PltSlot | undefined {
  const jumpAt = skipPrefixes(table, at);
  if (!hasBytes(table, jumpAt, [0xff, 0x25]) || jumpAt + jumpSize > table.size) return undefined; // jmp *rel(%rip)
  const gotSlot = section.address + jumpAt + jumpSize + (table.u32(jumpAt + 2) | 0);
  const symbol = symbols.get(gotSlot);
  if (symbol === undefined) return undefined;
  const size = slotSize(table, at, jumpAt + jumpSize, section);
  return {
    section: section.name as PltSlot['section'],
    address: section.address + at,
    size,
    gotSlot,
    symbol,
  };
}

/** 8 where the jump and its padding fill 8 bytes of `.plt.got`, else 16. */
function slotSize(table: Table, at: number, end: number, section: Section): number {
  const isShort = section.name === '.plt.got' && end - at === jumpSize && hasBytes(table, end, [0x66, 0x90]); // xchg %ax,%ax
  return isShort ? 8 : 16;
}

function skipPrefixes(table: Table, start: number): number {
  let at = start;
  for (const { bytes, size } of prefixes) if (hasBytes(table, at, bytes)) at += size;
  return at;
}

function hasBytes(table: Table, at: number, bytes: readonly number[]): boolean {
  return at + bytes.length <= table.size && bytes.every((byte, i) => table.u8(at + i) === byte);
}

function isPltName(name: string): boolean {
  return name === '.plt' || name === '.plt.got' || name === '.plt.sec';
}

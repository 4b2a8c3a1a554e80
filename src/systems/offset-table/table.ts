/**
 * The private region at a base: the offset table, then the import slots of all modules. By a module's place M the offset table
 * has the address of its slots; a module of several blocks has an entry for each.
 */
import type { TableMemory, WiredModule, WiredProgram } from '../../calls/call-scheme.ts';
import type { AddressFormat } from '../../ranges/address-format.ts';
import { decodeAddress, fieldSize, fieldUnit } from '../../ranges/address-format.ts';
import { PROT } from '../../image/pieces.ts';
import { Refusal } from '../../util/errors.ts';
import { present } from '../../util/present.ts';
import type { Address } from '../../util/units.ts';
import { roundDown, roundUp } from '../../util/units.ts';

const wordSize = 8;

/** Blocks at the beginning of a base that no module gets: the region lies there. */
export const tableBlocks = 2;

/** Bytes of the offset table. */
export function offsetTableSize(format: AddressFormat): number {
  return fieldSize(format, 'M') * wordSize;
}

/** Where a slot is, by its number, from the region's beginning. */
export function slotOffset(format: AddressFormat, number: number): number {
  return offsetTableSize(format) + number * wordSize;
}

/** Numbers of slots, and what they hold. */
export type Slots = ReadonlyMap<number, Address>;

/** Each import has a slot of its own. */
export const ownSlots = (modules: readonly WiredModule[]): Slots =>
  new Map(
    modules
      .filter(isAddressed)
      .flatMap(({ imports, firstNumber }) =>
        imports.map(({ target }, index) => [firstNumber + index, target] as const),
      ),
  );

/** One at each base that the modules' addresses have: it has the entries and slots of the modules there. Throws as `offsetTable`. */
export function offsetTables(modules: readonly WiredModule[], format: AddressFormat): TableMemory[] {
  const baseOf = ({ start }: WiredModule): Address => roundDown(start, fieldUnit(format, 'B'));
  const addressed = modules.filter(isAddressed);
  const bases = [...new Set(addressed.map(baseOf))].sort((a, b) => a - b);
  return bases.map((base) => {
    const own = addressed.filter((module) => baseOf(module) === base);
    return offsetTable({ base, modules: own }, format, ownSlots(own));
  });
}

/** Throws Refusal where there are more slots than the region has room for. */
export function offsetTable(program: WiredProgram, format: AddressFormat, slots: Slots): TableMemory {
  const size = roundUp(slotOffset(format, Math.max(-1, ...slots.keys()) + 1));
  if (size > tableBlocks * fieldUnit(format, 'M'))
    throw new Refusal(`it has more import slots than ${String(tableBlocks)} blocks hold`);
  const bytes = Buffer.alloc(size);
  for (const module of program.modules)
    if (isAddressed(module)) writeEntries(bytes, module, program.base, format);
  for (const [number, target] of slots) bytes.writeBigUInt64LE(BigInt(target), slotOffset(format, number));
  return { address: program.base, bytes, protection: PROT.read };
}

/** An executable with fixed addresses has none of the format's. */
export function isAddressed({ fixed }: WiredModule): boolean {
  return !fixed;
}

function writeEntries(
  bytes: Buffer,
  { area, start, end, firstNumber }: WiredModule,
  base: Address,
  format: AddressFormat,
): void {
  const block = fieldUnit(format, 'M');
  for (let at = roundDown(Math.min(area.address, start), block); at < end; at += block) {
    const place = present(decodeAddress(format, at).M, 'field M');
    bytes.writeBigUInt64LE(BigInt(base + slotOffset(format, firstNumber)), place * wordSize);
  }
}

/**
 * Address formats: an address as fields of bits, from the highest to the lowest, as the seed draws them: `XBBB MMMM MMMM LLLL …`.
 * A format has 32 or 64 bits; addresses are those of a user, so that the highest fields are zero.
 */
import type { Address } from '../util/units.ts';

/** Some neighbouring bits of an address. */
export interface AddressField {
  /** One letter. */
  readonly letter: string;
  readonly meaning: string;
  readonly bits: number;
}

/** How the bits of an address are divided. */
export interface AddressFormat {
  readonly id: string;
  /** From the highest to the lowest. */
  readonly fields: readonly AddressField[];
}

export type FieldValues = Readonly<Record<string, number>>;

const notGiven = 0;

/** Fields that are not given are 0. Throws RangeError naming a field that does not hold its value, or that there is not. */
export function encodeAddress({ id, fields }: AddressFormat, values: FieldValues): Address {
  for (const letter of Object.keys(values))
    if (!fields.some((field) => field.letter === letter))
      throw new RangeError(`${id} has no field ${letter}`);
  return fields.reduce((address, { letter, bits }) => {
    const value = values[letter] ?? notGiven;
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits)
      throw new RangeError(`${String(value)} does not fit into the ${String(bits)} bits of ${letter}`);
    return address * 2 ** bits + value;
  }, 0);
}

/** Throws RangeError for what is no address of the format. */
export function decodeAddress(format: AddressFormat, address: Address): FieldValues {
  if (!Number.isSafeInteger(address) || address < 0 || address >= 2 ** bitsOf(format))
    throw new RangeError(`${String(address)} is no address of ${String(bitsOf(format))} bits`);
  const values: Record<string, number> = {};
  let rest = address;
  for (const { letter, bits } of [...format.fields].reverse()) {
    values[letter] = rest % 2 ** bits;
    rest = Math.floor(rest / 2 ** bits);
  }
  return values;
}

export function bitsOf({ fields }: AddressFormat): number {
  return fields.reduce((sum, { bits }) => sum + bits, 0);
}

/** How many values a field has. Throws RangeError where there is no such field. */
export function fieldSize({ id, fields }: AddressFormat, letter: string): number {
  const field = fields.find((each) => each.letter === letter);
  if (!field) throw new RangeError(`${id} has no field ${letter}`);
  return 2 ** field.bits;
}

/** Bytes from one value of a field to the next: 2 to the power of the bits below it. */
export function fieldUnit(format: AddressFormat, letter: string): number {
  fieldSize(format, letter);
  const place = format.fields.findIndex((each) => each.letter === letter);
  return 2 ** format.fields.slice(place + 1).reduce((sum, { bits }) => sum + bits, 0);
}

/** The bits in groups of four: `XBBB MMMM …`. */
export function pictureOf({ fields }: AddressFormat): string {
  const letters = fields.map(({ letter, bits }) => letter.repeat(bits)).join('');
  return letters.replaceAll(/(.{4})(?=.)/g, '$1 ');
}

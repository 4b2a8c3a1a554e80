/** Address formats: bits drawn as the seed draws them, every border of every field, and a round trip. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AddressFormat } from '../../src/ranges/address-format.ts';
import {
  bitsOf,
  decodeAddress,
  encodeAddress,
  fieldSize,
  fieldUnit,
  pictureOf,
} from '../../src/ranges/address-format.ts';
import * as hashAddress from '../../src/systems/hash-address/formats.ts';
import * as offsetTable from '../../src/systems/offset-table/formats.ts';

const formats: readonly AddressFormat[] = [...Object.values(offsetTable), ...Object.values(hashAddress)];

/** The seed's own text; of its second form of solution 3, the 12 bits that 1 and 19 leave (see formats.ts). */
const drawn = [
  ['offset-table-32', 'XBBB MMMM MMMM LLLL LLLL LLLL LLLL LLLL'],
  ['hash-address-32', 'XHHH HHHH HHHH HHHH HLLL LLLL LLLL LLLL'],
  ['hash-look-up-32', 'XHHH HHHH HHHH HHHH HHHH LLLL LLLL LLLL'],
] as const;

test.each(drawn)('%s is %s', (id, picture) => {
  const format = formats.find((each) => each.id === id)!;
  expect(pictureOf(format)).toBe(picture);
});

/** The place of a letter in the picture, from the lowest bit: an address computed by string, not by arithmetic. */
function fromPicture(format: AddressFormat, values: Readonly<Record<string, number>>): number {
  const rest = new Map(
    format.fields.map(({ letter, bits }) => [letter, (values[letter] ?? 0).toString(2).padStart(bits, '0')]),
  );
  const bits = pictureOf(format)
    .replaceAll(' ', '')
    .replaceAll(/./g, (letter) => {
      const left = rest.get(letter)!;
      rest.set(letter, left.slice(1));
      return left.charAt(0);
    });
  return Number(BigInt(`0b${bits}`));
}

describe.each(formats.map((format) => [format.id, format] as const))('%s', (_, format) => {
  const usable = format.fields.filter(({ letter }) => letter !== 'X');
  const valuesOf = fc.record(
    Object.fromEntries(usable.map(({ letter, bits }) => [letter, fc.nat({ max: 2 ** bits - 1 })])),
  );

  test('has 32 or 64 bits, a letter for each field, and zeros at the top', () => {
    expect([32, 64]).toContain(bitsOf(format));
    expect(pictureOf(format).replaceAll(' ', '')).toHaveLength(bitsOf(format));
    expect(new Set(format.fields.map(({ letter }) => letter)).size).toBe(format.fields.length);
    expect(format.fields[0]!.letter).toBe('X');
    expect(fieldUnit(format, 'X')).toBeLessThanOrEqual(2 ** 47);
  });

  test('encodes to the bits that the picture shows, and decodes again', () => {
    fc.assert(
      fc.property(valuesOf, (values) => {
        const address = encodeAddress(format, values);
        expect(address).toBe(fromPicture(format, values));
        expect(decodeAddress(format, address)).toEqual({ X: 0, ...values });
      }),
    );
  });

  test('decodes every address below the kernel’s, and encodes it again', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const address = value % fieldUnit(format, 'X');
        expect(encodeAddress(format, decodeAddress(format, address))).toBe(address);
      }),
    );
  });

  test.each(usable.map(({ letter, bits }) => [letter, bits] as const))('borders of %s', (letter, bits) => {
    const unit = fieldUnit(format, letter);
    expect(fieldSize(format, letter)).toBe(2 ** bits);
    expect(encodeAddress(format, { [letter]: 1 })).toBe(unit);
    const last = encodeAddress(format, { [letter]: 2 ** bits - 1 });
    expect(last).toBe(unit * 2 ** bits - unit);
    expect(decodeAddress(format, last + unit - 1)[letter]).toBe(2 ** bits - 1);
    expect(decodeAddress(format, unit - 1)[letter]).toBe(0);
    expect(decodeAddress(format, unit)[letter]).toBe(1);
    for (const value of [2 ** bits, -1, 0.5, NaN])
      expect(() => encodeAddress(format, { [letter]: value })).toThrow(
        new RangeError(`${String(value)} does not fit into the ${String(bits)} bits of ${letter}`),
      );
  });

  test('what is no address, and no field', () => {
    for (const address of [-1, 0.5, 2 ** bitsOf(format), NaN])
      expect(() => decodeAddress(format, address)).toThrow(/is no address of/);
    const words = `${format.id} has no field Q`;
    expect(() => encodeAddress(format, { Q: 0 })).toThrow(words);
    for (const ask of [fieldSize, fieldUnit]) expect(() => ask(format, 'Q')).toThrow(words);
  });
});

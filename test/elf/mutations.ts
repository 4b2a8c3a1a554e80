/** A good file made bad in ways that a stranger's may be: arbitraries of its bytes. */
import fc from 'fast-check';

/** With some bytes changed, each at a place of `place`. */
export function changedBytes(
  good: Buffer,
  place: fc.Arbitrary<number>,
  byte: fc.Arbitrary<number> = fc.nat(255),
): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(place, byte), { minLength: 1, maxLength: 12 });
  return changes.map((list) => {
    const bytes = Buffer.from(good);
    for (const [at, value] of list) bytes[at] = value;
    return bytes;
  });
}

/** With some of its 8-byte words changed, to anything, to something small, or to the border of exact numbers. */
export function changedWords(good: Buffer): fc.Arbitrary<Buffer> {
  const word = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 0x10000n), fc.constant(2n ** 53n - 1n));
  const changes = fc.array(fc.tuple(fc.nat(good.length / 8 - 1), word), { minLength: 1, maxLength: 4 });
  return changes.map((list) => {
    const bytes = Buffer.from(good);
    for (const [index, value] of list) bytes.writeBigUInt64LE(value, index * 8);
    return bytes;
  });
}

/**
 * The plan's checksum, as native/check.h computes it: four lanes of multiply and rotate over 64-bit little-endian words.
 * It finds damage; that nobody else wrote the file is told by its owner and mode.
 */
const factor = 0x9e3779b97f4a7c15n;

/** `bytes` has a multiple of 8 bytes. */
export function planChecksum(bytes: Buffer): bigint {
  const lanes = [1n, 2n, 3n, 4n];
  const count = bytes.length / 8;
  for (let index = 0; index < count; index++) {
    const lane = index & 3;
    const mixed = BigInt.asUintN(64, (lanes[lane]! ^ bytes.readBigUInt64LE(index * 8)) * factor);
    lanes[lane] = BigInt.asUintN(64, (mixed << 29n) | (mixed >> 35n));
  }
  let sum = BigInt(count);
  for (const lane of lanes) sum = BigInt.asUintN(64, (sum ^ lane) * factor);
  return sum ^ (sum >> 32n);
}

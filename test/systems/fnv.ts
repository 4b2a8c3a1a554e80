/** FNV-1a of 32 bits, from its definition: the judge of addresses and entries that names give. */
export function fnv1a(text: string): number {
  let hash = 0x811c_9dc5n;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x0100_0193n) % 2n ** 32n;
  return Number(hash);
}

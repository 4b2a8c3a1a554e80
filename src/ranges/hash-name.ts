/**
 * A name's hash: a pure function of its bytes, the same on every machine. FNV-1a of 32 bits
 * (http://www.isthe.com/chongo/tech/comp/fnv/).
 */
export function hashName(name: string, count: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % count;
}

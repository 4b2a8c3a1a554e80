/** A symbol's name with both hashes, computed once for look-ups in many modules. */
import type { SymbolName } from './elf-file.ts';

/** The name's UTF-8 bytes and hashes. */
export function symbolName(text: string): SymbolName {
  const bytes = Buffer.from(text, 'utf8');
  return { text, bytes, gnuHash: gnuHash(bytes), sysvHash: sysvHash(bytes) };
}

/** The hash of DT_GNU_HASH: h = h * 33 + c from 5381, 32 bits. */
function gnuHash(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes) hash = (Math.imul(hash, 33) + byte) >>> 0;
  return hash;
}

/** The hash of DT_HASH and of version names (gABI chapter 'Hash Table'). */
function sysvHash(bytes: Uint8Array): number {
  let hash = 0;
  for (const byte of bytes) {
    hash = (hash << 4) + byte;
    hash = (hash ^ ((hash >>> 24) & 0xf0)) & 0x0fffffff;
  }
  return hash;
}

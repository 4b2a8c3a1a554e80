/** lz4 blocks by the system's library: lz4.h, and lz4hc.h for levels above 1. */
import type { Codec } from './codec.ts';
import { loadLibrary } from './load-library.ts';

/** LZ4_COMPRESSBOUND of lz4.h. */
const room = (length: number): number => length + Math.floor(length / 255) + 16;

export function loadLz4(library = 'liblz4.so.1'): Codec {
  const lz4 = loadLibrary(library, 'liblz4-1');
  const fast = lz4.func('int LZ4_compress_default(const void *from, void *to, int length, int room)');
  const high = lz4.func('int LZ4_compress_HC(const void *from, void *to, int length, int room, int level)');
  const decompress = lz4.func('int LZ4_decompress_safe(const void *from, void *to, int length, int room)');
  return {
    name: 'lz4',
    compress(bytes, level) {
      const into = Buffer.allocUnsafe(room(bytes.length));
      const length = (
        level <= 1
          ? fast(bytes, into, bytes.length, into.length)
          : high(bytes, into, bytes.length, into.length, level)
      ) as number;
      if (length <= 0) throw new Error(`LZ4_compress: ${length}`);
      return into.subarray(0, length);
    },
    decompress(bytes, into) {
      const length = decompress(bytes, into, bytes.length, into.length) as number;
      return length < 0 ? undefined : length;
    },
  };
}

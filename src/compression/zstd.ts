/** zstd by the system's library: zstd.h, 'Explicit context'. One context of each kind is used again and again. */
import type { Codec } from './codec.ts';
import { loadLibrary } from './load-library.ts';

/** ZSTD_COMPRESSBOUND of zstd.h for less than 128 KiB adds 64 bytes at most; above that, a 256th. */
const room = (length: number): number => length + (length >> 8) + 64;

export function loadZstd(library = 'libzstd.so.1'): Codec {
  const zstd = loadLibrary(library, 'libzstd1');
  const compress = zstd.func(
    'size_t ZSTD_compressCCtx(void *context, void *to, size_t room, const void *from, size_t length, int level)',
  );
  const decompress = zstd.func(
    'size_t ZSTD_decompressDCtx(void *context, void *to, size_t room, const void *from, size_t length)',
  );
  const isError = zstd.func('unsigned int ZSTD_isError(size_t code)');
  const compressor = zstd.func('void *ZSTD_createCCtx()')() as unknown;
  const decompressor = zstd.func('void *ZSTD_createDCtx()')() as unknown;
  return {
    name: 'zstd',
    compress(bytes, level) {
      const into = Buffer.allocUnsafe(room(bytes.length));
      const length = compress(compressor, into, into.length, bytes, bytes.length, level) as number | bigint;
      if (isError(length)) throw new Error(`ZSTD_compressCCtx: ${length}`);
      return into.subarray(0, Number(length));
    },
    decompress(bytes, into) {
      const length = decompress(decompressor, into, into.length, bytes, bytes.length) as number | bigint;
      return isError(length) ? undefined : Number(length);
    },
  };
}

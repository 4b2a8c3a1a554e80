/**
 * How new files are compressed unless somebody says otherwise, by bench/compression.mjs over the relocated pages of ffmpeg: zstd
 * makes a fifth of them in chunks of 16 KiB, and hardly less in longer ones; a page then costs about 24 us, less than half of the way
 * through the kernel and back. lz4 takes half of that time and makes a bit more than a quarter.
 */
import type { CodecName } from './codec.ts';
import { findCodec, firstCodec } from './find-codec.ts';
import type { CompressionSettings } from './write-compressed.ts';

/** Bytes. */
const chunkSize = 16_384;
const levels: Readonly<Record<CodecName, number>> = { zstd: 3, lz4: 9, plain: 0 };

/** With the best codec that this machine has. */
export function defaultSettings(): CompressionSettings {
  const codec = firstCodec([() => findCodec('zstd'), () => findCodec('lz4')]);
  return { codec, level: levels[codec.name], chunkSize };
}

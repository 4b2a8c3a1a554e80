/**
 * Compressors of chunks: zstd and lz4 from the system's libraries, through koffi (Node 20 has neither), and `plain`, which is
 * always there. A library is looked for when it is first needed.
 */
import { LinkonceError } from '../util/errors.ts';
import { loadLz4 } from './lz4.ts';
import { loadZstd } from './zstd.ts';

export interface Codec {
  readonly name: CodecName;
  /** A new buffer. */
  compress(bytes: Buffer, level: number): Buffer;
  /** Fills `into` as far as the bytes go; answers how far, or undefined for what no compressor wrote. */
  decompress(bytes: Buffer, into: Buffer): number | undefined;
}

/** Their numbers in files: docs/formats/compressed.md. */
export const codecNumbers = { plain: 0, zstd: 1, lz4: 2 } as const;
export type CodecName = keyof typeof codecNumbers;

const plain: Codec = {
  name: 'plain',
  compress: (bytes) => bytes,
  decompress: (bytes, into) => bytes.copy(into),
};

const loaders: Readonly<Record<CodecName, () => Codec>> = {
  plain: () => plain,
  zstd: () => loadZstd(),
  lz4: () => loadLz4(),
};

const loaded = new Map<CodecName, Codec>();

/** Throws LinkonceError that names the package where the library is missing. */
export function findCodec(name: CodecName): Codec {
  const codec = loaded.get(name) ?? loaders[name]();
  loaded.set(name, codec);
  return codec;
}

/** The first of these that this machine has; `plain` in the end. */
export function firstCodec(loads: readonly (() => Codec)[]): Codec {
  for (const load of loads)
    try {
      return load();
    } catch (error) {
      if (!(error instanceof LinkonceError)) throw error;
    }
  return plain;
}

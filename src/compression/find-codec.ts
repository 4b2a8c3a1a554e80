/**
 * Compressors of chunks: zstd and lz4 from the system's libraries, through koffi (Node 20 has neither), and `plain`, which is
 * always there. A library is looked for when it is first needed.
 */
import { LinkonceError } from '../util/errors.ts';
import type { Codec, CodecName } from './codec.ts';
import { loadLz4 } from './lz4.ts';
import { loadZstd } from './zstd.ts';

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

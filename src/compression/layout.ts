/** The layout of compressed files; for people docs/formats/compressed.md. */
import { structure } from '../util/structure.ts';

/** 'LINKCHNK' as a little-endian word. */
export const magic = Buffer.from('LINKCHNK').readBigUInt64LE(0);
/** Raised with every change; a reader refuses any other. */
export const version = 1;

export const header = structure({
  magic: 'u64',
  version: 'u32',
  /** CRC-32 of header and table, with this field 0. */
  checksum: 'u32',
  /** Bytes of what is compressed. */
  size: 'u64',
  /** Bytes of the file. */
  file_size: 'u64',
  chunk_size: 'u32',
  chunk_count: 'u32',
  /** Of `codecNumbers`. */
  codec: 'u32',
  level: 'i32',
});

/** Place of `checksum` in the header, bytes. */
export const checksumAt = 12;

export const chunkRow = structure({
  offset: 'u64',
  /** Bytes in the file. 0: all zeros. As many as the chunk has: they are its bytes. */
  length: 'u32',
  /** CRC-32 of the chunk's own bytes. */
  checksum: 'u32',
});

/** Chunk sizes are powers of two in these limits, bytes. */
export const chunkSizes = { smallest: 4096, largest: 1 << 20 } as const;

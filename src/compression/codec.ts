/** A compressor of chunks. */
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

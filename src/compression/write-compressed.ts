/** Writes compressed files, and reads what it wrote. */
import { fsyncSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { LinkonceError } from '../util/errors.ts';
import { encode } from '../util/structure.ts';
import { writeAtomically } from '../util/write-atomically.ts';
import { codecNumbers, type Codec } from './codec.ts';
import { openCompressedFile } from './compressed-file.ts';
import { checksumAt, chunkRow, chunkSizes, header, magic, version } from './layout.ts';

export interface CompressionSettings {
  readonly codec: Codec;
  /** The codec's own: zstd 1 to 19, lz4 1 (fast) to 12. */
  readonly level: number;
  /** A power of two from 4 KiB to 1 MiB. */
  readonly chunkSize: number;
}

/** What is compressed, in pieces. */
export interface Source {
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number): Buffer;
}

/** The file appears whole, and only if reading it gave back the source. `mode` and `group`: as `writeAtomically` has them. */
export function writeCompressed(
  path: string,
  mode: number,
  source: Source,
  settings: CompressionSettings,
  group?: number,
): void {
  checkChunkSize(settings.chunkSize);
  const write = (file: number): void => {
    writeChunks(file, source, settings);
    fsyncSync(file);
    compare(`/proc/self/fd/${file}`, path, source, settings.chunkSize);
  };
  writeAtomically(path, mode, write, group);
}

function checkChunkSize(size: number): void {
  const isPower = Number.isInteger(Math.log2(size));
  if (!isPower || size < chunkSizes.smallest || size > chunkSizes.largest)
    throw new LinkonceError(`a chunk size of ${size} bytes is no power of two from 4 KiB to 1 MiB`);
}

function writeChunks(file: number, source: Source, settings: CompressionSettings): void {
  const { chunkSize } = settings;
  const count = Math.ceil(source.size / chunkSize);
  const rows: Buffer[] = [];
  let end = header.size + count * chunkRow.size;
  for (let offset = 0; offset < source.size; offset += chunkSize) {
    const bytes = source.read(offset, Math.min(chunkSize, source.size - offset));
    const stored = compressChunk(bytes, settings);
    writeAll(file, stored, end);
    rows.push(encode(chunkRow, { offset: BigInt(end), length: stored.length, checksum: crc32(bytes) }));
    end += stored.length;
  }
  writeAll(file, encodeHead(source.size, end, rows, settings), 0);
}

/** Nothing for zeros, and the bytes themselves where they do not become fewer. */
function compressChunk(bytes: Buffer, { codec, level }: CompressionSettings): Buffer {
  if (isZero(bytes)) return Buffer.alloc(0);
  const compressed = codec.compress(bytes, level);
  return compressed.length < bytes.length ? compressed : bytes;
}

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.compare(bytes, 1, undefined, 0, bytes.length - 1) === 0;
}

function encodeHead(
  size: number,
  fileSize: number,
  rows: readonly Buffer[],
  settings: CompressionSettings,
): Buffer {
  const scalars = encode(header, {
    magic,
    version,
    size: BigInt(size),
    file_size: BigInt(fileSize),
    chunk_size: settings.chunkSize,
    chunk_count: rows.length,
    codec: codecNumbers[settings.codec.name],
    level: settings.level,
  });
  const head = Buffer.concat([scalars, ...rows]);
  head.writeUInt32LE(crc32(head), checksumAt);
  return head;
}

function writeAll(file: number, bytes: Buffer, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** `place` is where the file is as long as it has no name. */
function compare(place: string, path: string, source: Source, chunkSize: number): void {
  const written = openCompressedFile(place, { name: path });
  try {
    for (let offset = 0; offset < source.size; offset += chunkSize) {
      const length = Math.min(chunkSize, source.size - offset);
      if (!written.read(offset, length).equals(source.read(offset, length)))
        throw new LinkonceError(`${path}: what was read back at ${offset} is not what was written`);
    }
  } finally {
    written.close();
  }
}

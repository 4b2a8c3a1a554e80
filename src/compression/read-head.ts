/** The head of a compressed file, all of it checked: its chunks stand one behind the other and fill the file. */
import { fstatSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { LinkonceError } from '../util/errors.ts';
import { decode } from '../util/structure.ts';
import { codecNumbers, type CodecName } from './codec.ts';
import { checksumAt, chunkRow, chunkSizes, header, magic, version } from './layout.ts';

export interface Chunk {
  /** In the file, bytes. */
  readonly offset: number;
  readonly length: number;
  /** CRC-32 of the bytes that it stands for. */
  readonly checksum: number;
}

export interface Head {
  readonly codec: CodecName;
  readonly level: number;
  /** Bytes of what is compressed, and of the file. */
  readonly size: number;
  readonly fileSize: number;
  readonly chunkSize: number;
  readonly chunks: readonly Chunk[];
}

/** `name` is the file's in errors. */
export function readHead(file: number, name: string): Head {
  const fail = (problem: string): never => {
    throw new LinkonceError(`${name}: ${problem}`);
  };
  const fileSize = fstatSync(file).size;
  if (fileSize < header.size) fail('is no compressed file');
  const scalars = readBytes(file, 0, header.size);
  const values = decode(header, scalars);
  if (values.magic !== magic) fail('is no compressed file');
  if (values.version !== version)
    fail(`has version ${values.version} of the format; this is version ${version}`);
  const tableSize = values.chunk_count * chunkRow.size;
  if (fileSize < header.size + tableSize) fail('is cut off in its table');
  const table = readBytes(file, header.size, tableSize);
  if (headChecksum(scalars, table) !== values.checksum) fail('is damaged: header or table');
  const head = { ...values, size: Number(values.size), chunks: decodeTable(table) };
  if (Number(values.file_size) !== fileSize) fail('is cut off');
  const codec = (Object.keys(codecNumbers) as CodecName[]).find(
    (each) => codecNumbers[each] === values.codec,
  );
  if (codec === undefined || !isConsistent(head, fileSize)) return fail('has a table that cannot be');
  return {
    codec,
    level: values.level,
    size: head.size,
    fileSize,
    chunkSize: values.chunk_size,
    chunks: head.chunks,
  };
}

export function readBytes(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
}

function headChecksum(scalars: Buffer, table: Buffer): number {
  const without = Buffer.from(scalars);
  without.writeUInt32LE(0, checksumAt);
  // In one piece: zlib's crc32 answers 0, not the sum so far, for no bytes at all.
  return crc32(Buffer.concat([without, table]));
}

function decodeTable(table: Buffer): Chunk[] {
  return Array.from({ length: table.length / chunkRow.size }, (_, index) => {
    const { offset, length, checksum } = decode(chunkRow, table, index * chunkRow.size);
    return { offset: Number(offset), length, checksum };
  });
}

/** Who writes right checksums over wrong numbers gets no memory for them. */
function isConsistent(
  head: { readonly size: number; readonly chunk_size: number; readonly chunks: readonly Chunk[] },
  fileSize: number,
): boolean {
  const { size, chunk_size: chunkSize, chunks } = head;
  if (chunkSize < chunkSizes.smallest || chunkSize > chunkSizes.largest) return false;
  if (chunks.length !== Math.ceil(size / chunkSize)) return false;
  let end = header.size + chunks.length * chunkRow.size;
  for (const { offset, length } of chunks) {
    if (offset !== end || length > chunkSize) return false;
    end += length;
  }
  return end === fileSize;
}

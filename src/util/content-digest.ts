/**
 * What names a file's content whatever file system it is on: the digest that fs-verity has of it (Documentation/filesystems/fsverity.rst,
 * SHA-256, blocks of 4 KiB, no salt). A kernel whose file has fs-verity on knows it without reading the file; native/content-digest.h
 * computes the same from the bytes.
 */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of a digest. */
export const digestSize = 32;
const blockSize = 4096;
/** struct fsverity_descriptor of linux/fsverity.h. */
const descriptorSize = 256;
const descriptor = { version: 0, algorithm: 1, logBlockSize: 2, dataSize: 8, rootHash: 16 } as const;
/** FS_VERITY_HASH_ALG_SHA256. */
const sha256Algorithm = 1;

/** Of bytes: 32. */
export function contentDigest(bytes: Buffer): Buffer {
  return fileDigest(hashBlocks(bytes), bytes.length);
}

/** So much of a file is read at once. */
const readSize = 256 * blockSize;
const zeros = Buffer.alloc(readSize);

/** Of what an open file holds, which may be more than fits into a buffer. */
export function contentDigestOf(file: number): Buffer {
  const { size } = fstatSync(file);
  const buffer = Buffer.allocUnsafe(readSize);
  const hashes: Buffer[] = [];
  // Images of large programs are mostly holes.
  const ofZeros = hashBlocks(zeros);
  for (let done = 0; done < size; done += readSize) {
    const bytes = buffer.subarray(0, Math.min(readSize, size - done));
    readAll(file, bytes, done);
    hashes.push(bytes.equals(zeros) ? ofZeros : hashBlocks(bytes));
  }
  return fileDigest(Buffer.concat(hashes), size);
}

/** A file that was cut meanwhile ends in zeros: who asks looks at its identity afterwards. */
function readAll(file: number, into: Buffer, offset: number): void {
  for (let done = 0; done < into.length;) {
    const got = readSync(file, into, done, into.length - done, offset + done);
    if (got === 0) {
      into.fill(0, done);
      return;
    }
    done += got;
  }
}

/** The same of the file at a path. Throws the system's error. */
export function contentDigestAt(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    return contentDigestOf(file);
  } finally {
    closeSync(file);
  }
}

/** From the hashes of a file's blocks to its digest: the Merkle tree, then its descriptor. */
function fileDigest(hashes: Buffer, size: number): Buffer {
  const bytes = Buffer.alloc(descriptorSize);
  bytes[descriptor.version] = 1;
  bytes[descriptor.algorithm] = sha256Algorithm;
  bytes[descriptor.logBlockSize] = Math.log2(blockSize);
  bytes.writeBigUInt64LE(BigInt(size), descriptor.dataSize);
  rootHash(hashes).copy(bytes, descriptor.rootHash);
  return sha256(bytes);
}

/** The top of the tree; zero of a file without any block. */
function rootHash(hashes: Buffer): Buffer {
  let level = hashes;
  while (level.length > digestSize) level = hashBlocks(level);
  return level;
}

/** The hash of each block, one behind the other; the last block is filled with zeros. */
function hashBlocks(bytes: Buffer): Buffer {
  const count = Math.ceil(bytes.length / blockSize);
  const hashes = Buffer.alloc(count * digestSize);
  for (let index = 0; index < count; index++)
    sha256(blockAt(bytes, index * blockSize)).copy(hashes, index * digestSize);
  return hashes;
}

function blockAt(bytes: Buffer, start: number): Buffer {
  const block = bytes.subarray(start, start + blockSize);
  return block.length === blockSize ? block : Buffer.concat([block], blockSize);
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/**
 * What names a file's content whatever file system it is on: the digest that fs-verity has of it (Documentation/filesystems/fsverity.rst,
 * SHA-256, blocks of 4 KiB, no salt). A kernel whose file has fs-verity on knows it without reading the file; native/content-digest.h
 * computes the same from the bytes.
 */
import { hash } from 'node:crypto';

/** Bytes of a digest. */
export const digestSize = 32;
const blockSize = 4096;
/** struct fsverity_descriptor of linux/fsverity.h. */
const descriptorSize = 256;
const descriptor = { version: 0, algorithm: 1, logBlockSize: 2, dataSize: 8, rootHash: 16 } as const;
/** FS_VERITY_HASH_ALG_SHA256. */
const sha256Algorithm = 1;

/** 32 bytes. */
export function contentDigest(bytes: Buffer): Buffer {
  const bytesOf = Buffer.alloc(descriptorSize);
  bytesOf[descriptor.version] = 1;
  bytesOf[descriptor.algorithm] = sha256Algorithm;
  bytesOf[descriptor.logBlockSize] = Math.log2(blockSize);
  bytesOf.writeBigUInt64LE(BigInt(bytes.length), descriptor.dataSize);
  rootHash(bytes).copy(bytesOf, descriptor.rootHash);
  return sha256(bytesOf);
}

/** The top of the Merkle tree: of a single block its hash; zero of a file without any. */
function rootHash(bytes: Buffer): Buffer {
  if (bytes.length === 0) return Buffer.alloc(digestSize);
  let level = hashBlocks(bytes);
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

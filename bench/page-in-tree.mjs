/** What bench/page-in.mjs serves: a file as it is, and a compressed one. */
import { openSync, readSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { openCompressedFile } from '../dist/src/compression/compressed-file.js';

const common = { mode: 0o555, uid: 0, gid: 0, mtimeNs: 0n, ctimeNs: 0n };

/** @param {{ plain: string, compressed: string, size: number }} data */
export default function createTree({ plain, compressed, size }) {
  const file = openSync(plain, 'r');
  const read = (offset, length) => {
    const bytes = Buffer.allocUnsafe(length);
    readSync(file, bytes, 0, length, offset);
    return bytes;
  };
  const packed = openCompressedFile(compressed, { cacheSize: 1 << 20 });
  const entries = new Map([
    ['plain', { ...common, kind: 'file', ino: 2, size, read }],
    ['compressed', { ...common, kind: 'file', ino: 3, size, read: (at, length) => packed.read(at, length) }],
  ]);
  return { root: { ...common, kind: 'directory', ino: 1, entries } };
}

/** Nodes as the kernel wants them: attributes, entries, listings. */
import { encode } from '../util/structure.ts';
import { pageSize, roundUp } from '../util/units.ts';
import { attributesReply, directoryEntry, entryReply, modeKinds } from './protocol.ts';
import type { Node } from './tree.ts';

/** How long the kernel may keep names and attributes, s: a year. Nothing changes unless the kernel is told. */
const validity = 31_536_000n;
/** stat(2): `st_blocks` counts 512 bytes. */
const blockSize = 512;
/** dirent.h: DT_DIR and so on are a mode's kind without its permission bits. */
const kindShift = 12;

/** Bytes; a directory has none, a link those of its target. */
function sizeOf(node: Node): number {
  if (node.kind === 'file') return node.size;
  return node.kind === 'link' ? Buffer.byteLength(node.target) : 0;
}

function describe(node: Node) {
  const size = sizeOf(node);
  const seconds = (ns: bigint): bigint => ns / 1_000_000_000n;
  const rest = (ns: bigint): number => Number(ns % 1_000_000_000n);
  return {
    ino: BigInt(node.ino),
    size: BigInt(size),
    blocks: BigInt(roundUp(size, blockSize) / blockSize),
    atime: seconds(node.mtimeNs),
    mtime: seconds(node.mtimeNs),
    ctime: seconds(node.ctimeNs),
    atimensec: rest(node.mtimeNs),
    mtimensec: rest(node.mtimeNs),
    ctimensec: rest(node.ctimeNs),
    mode: modeKinds[node.kind] | node.mode,
    nlink: 1,
    uid: node.uid,
    gid: node.gid,
    blksize: pageSize,
  };
}

export function encodeAttributes(node: Node): Buffer {
  return encode(attributesReply, { attr_valid: validity, ...describe(node) });
}

export function encodeEntry(node: Node): Buffer {
  return encode(entryReply, {
    nodeid: BigInt(node.ino),
    entry_valid: validity,
    attr_valid: validity,
    ...describe(node),
  });
}

/** A directory as it was when it was opened. */
export type Listing = readonly (readonly [name: string, node: Node])[];

/** Whole entries from place `from` on, at most `limit` bytes of them. */
export function encodeListing(listing: Listing, from: number, limit: number): Buffer {
  const parts: Buffer[] = [];
  let left = limit;
  for (let place = from; place < listing.length; place++) {
    const [name, node] = listing[place] ?? [];
    if (name === undefined || node === undefined) break;
    const entry = encodeDirectoryEntry(name, node, place + 1);
    left -= entry.length;
    if (left < 0) break;
    parts.push(entry);
  }
  return Buffer.concat(parts);
}

function encodeDirectoryEntry(name: string, node: Node, next: number): Buffer {
  const bytes = Buffer.from(name);
  const head = encode(directoryEntry, {
    ino: BigInt(node.ino),
    off: BigInt(next),
    namelen: bytes.length,
    type: modeKinds[node.kind] >> kindShift,
  });
  return Buffer.concat([head, bytes], roundUp(head.length + bytes.length, 8));
}

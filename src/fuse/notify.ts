/**
 * Notifications: the kernel drops what it keeps. They wait for pages that are being read, so that the thread that answers
 * requests must never send one.
 */
import { encode } from '../util/structure.ts';
import { invalidateEntryNotice, invalidateInodeNotice, notifications, replyHeader } from './protocol.ts';

/** Attributes, and all pages that are not mapped into a process's private memory. */
export function invalidateInode(ino: number): Buffer[] {
  // fs/fuse/inode.c, fuse_reverse_inval_inode: a length of 0 or less is all that follows the offset.
  return notice(notifications.invalidateInode, [
    encode(invalidateInodeNotice, { ino: BigInt(ino), off: 0n, len: 0n }),
  ]);
}

/** What the kernel knows of a name in a directory. */
export function invalidateEntry(parent: number, name: string): Buffer[] {
  const bytes = Buffer.from(name);
  return notice(notifications.invalidateEntry, [
    encode(invalidateEntryNotice, { parent: BigInt(parent), namelen: bytes.length }),
    bytes,
    Buffer.alloc(1),
  ]);
}

function notice(code: number, parts: readonly Buffer[]): Buffer[] {
  const len = parts.reduce((sum, { length }) => sum + length, replyHeader.size);
  return [encode(replyHeader, { len, error: code, unique: 0n }), ...parts];
}

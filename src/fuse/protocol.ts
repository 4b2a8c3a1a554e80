/**
 * The FUSE protocol as far as a read-only file system needs it: numbers and structures of linux/fuse.h, protocol 7.38, in the
 * kernel's names. A request is a `requestHeader`, the structure of its operation, then names that end with zero; a reply is a
 * `replyHeader` and what the operation answers, in one write. A reply header with `unique` 0 is a notification.
 */
import { structure } from '../util/structure.ts';

/** FUSE_KERNEL_VERSION, FUSE_KERNEL_MINOR_VERSION; the oldest minor whose INIT has `max_pages` is 28. */
export const version = { major: 7, minor: 38, oldestMinor: 28 } as const;

/** FUSE_ROOT_ID. */
export const rootNode = 1;

/** FUSE_MIN_READ_BUFFER: a read of the device with less is refused, whatever the request's length; bytes. */
export const requestBufferSize = 64 * 1024;

/** enum fuse_opcode. */
export const operations = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  READLINK: 5,
  OPEN: 14,
  READ: 15,
  STATFS: 17,
  RELEASE: 18,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  ACCESS: 34,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
} as const;

export type Operation = keyof typeof operations;

export const operationNames: ReadonlyMap<number, Operation> = new Map(
  Object.entries(operations).map(([name, number]) => [number, name as Operation]),
);

/** enum fuse_notify_code. */
export const notifications = { invalidateInode: 2, invalidateEntry: 3 } as const;

/** Bits of INIT's `flags`. */
export const initFlags = {
  asyncRead: 1 << 0,
  parallelDirectoryOperations: 1 << 18,
  noOpen: 1 << 17,
  maxPages: 1 << 22,
  cacheSymlinks: 1 << 23,
  explicitInvalidation: 1 << 25,
} as const;

/** FOPEN_KEEP_CACHE: an open drops no pages. FOPEN_CACHE_DIR: a listing is kept, too. */
export const openFlags = { keepCache: 1 << 1, cacheDirectory: 1 << 3 } as const;

/** asm-generic/errno-base.h and errno.h. */
export const errors = { ENOENT: 2, EIO: 5, ENOTDIR: 20, EINVAL: 22, ENOSYS: 38, EPROTO: 71 } as const;

/** sys/stat.h: bits of a mode that say what it is. */
export const modeKinds = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;

export const requestHeader = structure({
  len: 'u32',
  opcode: 'u32',
  unique: 'u64',
  nodeid: 'u64',
  uid: 'u32',
  gid: 'u32',
  pid: 'u32',
  total_extlen: 'u16',
  padding: 'u16',
});

export const replyHeader = structure({ len: 'u32', error: 'i32', unique: 'u64' });

export const initRequest = structure({ major: 'u32', minor: 'u32', max_readahead: 'u32', flags: 'u32' });

export const initReply = structure({
  major: 'u32',
  minor: 'u32',
  max_readahead: 'u32',
  flags: 'u32',
  max_background: 'u16',
  congestion_threshold: 'u16',
  max_write: 'u32',
  time_gran: 'u32',
  max_pages: 'u16',
  map_alignment: 'u16',
  flags2: 'u32',
  unused0: 'u32',
  unused1: 'u64',
  unused2: 'u64',
  unused3: 'u64',
});

const attributeFields = {
  ino: 'u64',
  size: 'u64',
  blocks: 'u64',
  atime: 'u64',
  mtime: 'u64',
  ctime: 'u64',
  atimensec: 'u32',
  mtimensec: 'u32',
  ctimensec: 'u32',
  mode: 'u32',
  nlink: 'u32',
  uid: 'u32',
  gid: 'u32',
  rdev: 'u32',
  blksize: 'u32',
  flags: 'u32',
} as const;

export const attributes = structure(attributeFields);

export const entryReply = structure({
  nodeid: 'u64',
  generation: 'u64',
  entry_valid: 'u64',
  attr_valid: 'u64',
  entry_valid_nsec: 'u32',
  attr_valid_nsec: 'u32',
  ...attributeFields,
});

export const attributesReply = structure({
  attr_valid: 'u64',
  attr_valid_nsec: 'u32',
  dummy: 'u32',
  ...attributeFields,
});

export const forgetRequest = structure({ nlookup: 'u64' });
export const batchForgetRequest = structure({ count: 'u32', dummy: 'u32' });
export const forgetOne = structure({ nodeid: 'u64', nlookup: 'u64' });

export const openReply = structure({ fh: 'u64', open_flags: 'u32', padding: 'u32' });

export const releaseRequest = structure({ fh: 'u64', flags: 'u32', release_flags: 'u32', lock_owner: 'u64' });

/** Of READ and READDIR. */
export const readRequest = structure({
  fh: 'u64',
  offset: 'u64',
  size: 'u32',
  read_flags: 'u32',
  lock_owner: 'u64',
  flags: 'u32',
  padding: 'u32',
});

/** A name of `namelen` bytes follows, then zeros up to a multiple of 8. */
export const directoryEntry = structure({ ino: 'u64', off: 'u64', namelen: 'u32', type: 'u32' });

export const statfsReply = structure({
  blocks: 'u64',
  bfree: 'u64',
  bavail: 'u64',
  files: 'u64',
  ffree: 'u64',
  bsize: 'u32',
  namelen: 'u32',
  frsize: 'u32',
  padding: 'u32',
  spare0: 'u64',
  spare1: 'u64',
  spare2: 'u64',
});

export const invalidateInodeNotice = structure({ ino: 'u64', off: 'i64', len: 'i64' });
/** The name follows, and a zero. */
export const invalidateEntryNotice = structure({ parent: 'u64', namelen: 'u32', flags: 'u32' });

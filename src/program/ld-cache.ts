/**
 * `/etc/ld.so.cache`: library names and paths that ldconfig found. The layout is that of glibc's
 * sysdeps/generic/dl-cache.h: the format 1.1 with its extensions, alone or behind a table of the old format
 * (`ld.so-1.7.0`), which glibc skips.
 */
import { LinkonceError } from '../util/errors.ts';
import { at } from '../util/present.ts';

/** Where glibc's linkers look for it. */
export const cacheFile = '/etc/ld.so.cache';

const oldMagic = 'ld.so-1.7.0';
const oldHeaderSize = 16;
const oldEntrySize = 12;
const newMagic = 'glibc-ld.so.cache1.1';
const newHeaderSize = 48;
const newEntrySize = 24;
const extensionMagic = 0xeaa42174;
const extensionHwcaps = 1;

export interface CacheEntry {
  /** The name as a DT_NEEDED has it. */
  readonly name: string;
  readonly path: string;
  /** Library kind: 0x303 is an x86-64 library for glibc. */
  readonly flags: number;
  /** Required kernel version, 0 where none is. */
  readonly osVersion: number;
  /** Bit 62: bits 0 to 31 are an index into `hwcaps`, 32 to 41 the ISA level. Otherwise legacy hardware capabilities. */
  readonly hwcap: bigint;
}

export interface LdCache {
  /** In file order: ldconfig sorts them by name, descending, as ld-cache-search.ts compares names. */
  readonly entries: readonly CacheEntry[];
  /** Names of glibc-hwcaps directories: `x86-64-v3`. */
  readonly hwcaps: readonly string[];
}

/** DL_CACHE_HWCAP_EXTENSION. */
const namedHwcap = 1n << 62n;

/** Whether the entry is from a glibc-hwcaps directory. */
export function isNamed({ hwcap }: CacheEntry): boolean {
  return (hwcap & namedHwcap) !== 0n;
}

/** The name of that directory; undefined where the cache has none. */
export function hwcapDirectory({ hwcaps }: LdCache, { hwcap }: CacheEntry): string | undefined {
  return hwcaps[Number(hwcap & 0xffffffffn)];
}

/** Reads a cache; `path` is for messages. Throws LinkonceError where it is no cache, or an offset leads out of it. */
export function parseLdCache(file: Buffer, path: string): LdCache {
  const start = newFormatStart(file, path);
  const cache = new CacheReader(file.subarray(start), path);
  if (cache.text(0, newMagic.length) !== newMagic) throw cache.fault('is no ld.so.cache of format 1.1');
  const byteOrder = cache.u8(28) % 4;
  if (byteOrder !== 0 && byteOrder !== 2) throw cache.fault('is not little-endian');
  return { entries: entries(cache), hwcaps: hwcapNames(cache.u32(32), new CacheReader(file, path)) };
}

/** The old table's size, aligned to 8 as the new header is; 0 where there is none. */
function newFormatStart(file: Buffer, path: string): number {
  if (file.toString('latin1', 0, oldMagic.length) !== oldMagic) return 0;
  const count = new CacheReader(file, path).u32(oldMagic.length + 1);
  return Math.ceil((oldHeaderSize + count * oldEntrySize) / 8) * 8;
}

function entries(cache: CacheReader): CacheEntry[] {
  const count = cache.u32(20);
  cache.demand(newHeaderSize, count * newEntrySize);
  return Array.from({ length: count }, (_, index) => {
    const at = newHeaderSize + index * newEntrySize;
    return {
      flags: cache.u32(at),
      name: cache.string(cache.u32(at + 4)),
      path: cache.string(cache.u32(at + 8)),
      osVersion: cache.u32(at + 12),
      hwcap: cache.u64(at + 16),
    };
  });
}

/**
 * The extension with the names of glibc-hwcaps directories, the last one as for glibc; empty where the file has none. What it says of
 * places counts from the start of the file, also behind a table of the old format.
 */
function hwcapNames(directory: number, file: CacheReader): string[] {
  if (directory === 0) return [];
  if (file.u32(directory) !== extensionMagic) throw file.fault('has extensions without their magic');
  const count = file.u32(directory + 4);
  file.demand(directory + 8, count * 16);
  const sections = Array.from({ length: count }, (_, index) => directory + 8 + index * 16);
  const last = sections.findLast((section) => file.u32(section) === extensionHwcaps);
  const found = last === undefined ? [] : namesAt(file, file.u32(last + 8), file.u32(last + 12));
  // glibc goes through them as sorted ones.
  if (
    found.some(
      (name, index) => index > 0 && Buffer.compare(Buffer.from(at(found, index - 1)), Buffer.from(name)) >= 0,
    )
  )
    throw file.fault('has names of glibc-hwcaps directories that are not sorted');
  return found;
}

function namesAt(cache: CacheReader, offset: number, size: number): string[] {
  cache.demand(offset, size);
  return Array.from({ length: Math.floor(size / 4) }, (_, index) =>
    cache.string(cache.u32(offset + index * 4)),
  );
}

/** Checked reads of a file, or of what begins with the new format's header. */
class CacheReader {
  readonly #bytes: Buffer;
  readonly #path: string;

  constructor(bytes: Buffer, path: string) {
    this.#bytes = bytes;
    this.#path = path;
  }

  u8(offset: number): number {
    return this.demand(offset, 1).readUInt8(offset);
  }

  u32(offset: number): number {
    return this.demand(offset, 4).readUInt32LE(offset);
  }

  u64(offset: number): bigint {
    return this.demand(offset, 8).readBigUInt64LE(offset);
  }

  text(offset: number, size: number): string {
    return this.demand(offset, size).toString('latin1', offset, offset + size);
  }

  /** A string up to its closing zero. */
  string(offset: number): string {
    const end = offset < this.#bytes.length ? this.#bytes.indexOf(0, offset) : -1;
    if (end < 0) throw this.fault(`has a string at offset ${offset} that does not end in it`);
    return this.#bytes.toString('utf8', offset, end);
  }

  demand(offset: number, size: number): Buffer {
    if (offset + size > this.#bytes.length) throw this.fault(`ends before offset ${offset + size}`);
    return this.#bytes;
  }

  fault(problem: string): LinkonceError {
    return new LinkonceError(`${this.#path}: ${problem}`);
  }
}

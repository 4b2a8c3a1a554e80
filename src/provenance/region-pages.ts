/** The pages of a captured region, written or not, as they were at the handoff point. */
import type { CapturedRegion, Mapping, Region } from '../capture/capture.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

export interface RegionPages {
  /** Addresses of the written pages, ascending. */
  readonly written: readonly Address[];
  /** The 4096 bytes of a page; of the file (or zero) where it was not written. */
  page(address: Address): Buffer;
  /** What the page holds before anyone writes to it. */
  original(address: Address): Buffer;
}

export function regionPages(region: CapturedRegion): RegionPages {
  const pages = new Map<Address, Buffer>();
  for (const run of region.written)
    for (let at = 0; at < run.bytes.length; at += pageSize)
      pages.set(run.start + at, run.bytes.subarray(at, at + pageSize));
  // Whoever asks for a page asks for it again, and for none of the others between.
  let last: { readonly address: Address; readonly page: Buffer } | undefined;
  const original = (address: Address): Buffer => {
    if (last?.address !== address) last = { address, page: originalPage(region, address) };
    return last.page;
  };
  return { written: [...pages.keys()], page: (address) => pages.get(address) ?? original(address), original };
}

/** What a page holds before anyone writes to it: the file's bytes, or zero. */
export function originalPage(region: Region, address: Address): Buffer {
  const page = Buffer.alloc(pageSize);
  const mapping = mappingAt(region, address);
  if (mapping?.fileOffset === undefined || !region.module) return page;
  const start = mapping.fileOffset + address - mapping.start;
  region.module.elf.bytes.copy(page, 0, start, start + pageSize);
  return page;
}

/** The mapping that holds an address. */
export function mappingAt(region: Region, address: Address): Mapping | undefined {
  return region.mappings.find((m) => address >= m.start && address < m.end);
}

/** A page's words. Pages of captures and copies are aligned to 8 bytes. */
export function pageWords(page: Buffer): BigUint64Array {
  return new BigUint64Array(page.buffer, page.byteOffset, pageSize / 8);
}

/** The same as pairs of halves, the low one first: to compare millions of words makes no big numbers of them. */
export function pageHalves(page: Buffer): Uint32Array {
  return new Uint32Array(page.buffer, page.byteOffset, pageSize / 4);
}

/** Which page frames two processes of one image have in common: by proc(5), pagemap, page by page at the same addresses. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readMaps } from '../../src/capture/memory-map.ts';
import { pageSize } from '../../src/util/units.ts';

export interface CommonFrames {
  /** Pages of the store's files: of images, and of what several programs have. */
  readonly ofStore: number;
  /** Of modules, which are mapped from the image's own files. */
  readonly ofModules: number;
  /** Pages of the store's files that each of the two has in another frame. */
  readonly apart: number;
}

const inStore = /\/(linkonce|store)\/files\//;
const entrySize = 8;
/** Bits of an entry: in memory; of a file. */
const present = 1n << 63n;
const ofFile = 1n << 61n;
const frame = (1n << 55n) - 1n;

/** Both wait for something. Needs the right to see frame numbers. */
export function commonFrames(one: number, other: number): CommonFrames {
  const [first, second] = [filePages(one), filePages(other)];
  const both = [...first].flatMap(([address, page]) => {
    const found = second.get(address);
    return found
      ? [{ isOfStore: page.isOfStore && found.isOfStore, isSame: page.frame === found.frame }]
      : [];
  });
  return {
    ofStore: both.filter((each) => each.isOfStore && each.isSame).length,
    ofModules: both.filter((each) => !each.isOfStore && each.isSame).length,
    apart: both.filter((each) => each.isOfStore && !each.isSame).length,
  };
}

interface Page {
  readonly isOfStore: boolean;
  readonly frame: bigint;
}

/** Pages in memory that are a file's, by their addresses. */
function filePages(pid: number): Map<number, Page> {
  const pages = new Map<number, Page>();
  const file = openSync(`/proc/${String(pid)}/pagemap`, 'r');
  for (const { start, end, name } of readMaps(pid).filter((line) => line.name.startsWith('/'))) {
    const entries = Buffer.alloc(((end - start) / pageSize) * entrySize);
    readSync(file, entries, 0, entries.length, (start / pageSize) * entrySize);
    for (let at = 0; at < entries.length; at += entrySize) {
      const entry = entries.readBigUInt64LE(at);
      if ((entry & present) === 0n || (entry & ofFile) === 0n) continue;
      pages.set(start + (at / entrySize) * pageSize, { isOfStore: inStore.test(name), frame: entry & frame });
    }
  }
  closeSync(file);
  return pages;
}

/** The lists of modules that glibc's linker keeps for debuggers, one for each namespace: <link.h>, `struct r_debug` and `link_map`. */
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import type { ProcessMemory } from './process-memory.ts';

export interface LinkMap {
  readonly loadBias: Address;
  /** By which the linker opened the file. */
  readonly name: string;
  /** Of the dynamic section. */
  readonly dynamic: Address;
}

const r_debug = { map: 8, next: 40, size: 48 };
const link_map = { bias: 0, name: 8, dynamic: 16, next: 24, size: 32 };
/** From this version on there is `next`: glibc sets it with the first namespace that dlmopen(3) makes. */
const extended = 2;
/** More are no list. */
const most = 100_000;

/** `debug` is the address of `_r_debug`. The program's own namespace is the first. A list may change while it is read: it ends there. */
export function readLinkMaps(memory: ProcessMemory, debug: Address): LinkMap[][] {
  const namespaces: LinkMap[][] = [];
  for (let at = debug; at !== 0 && namespaces.length < most;) {
    const head = memory.read(at, r_debug.size);
    if (!head) break;
    namespaces.push(listFrom(memory, Number(head.readBigUInt64LE(r_debug.map))));
    at = head.readInt32LE(0) >= extended ? Number(head.readBigUInt64LE(r_debug.next)) : 0;
  }
  return namespaces;
}

function listFrom(memory: ProcessMemory, first: Address): LinkMap[] {
  const maps: LinkMap[] = [];
  for (let at = first; at !== 0 && maps.length < most;) {
    const row = memory.read(at, link_map.size);
    if (!row) break;
    maps.push({
      loadBias: Number(row.readBigUInt64LE(link_map.bias)),
      name: readText(memory, Number(row.readBigUInt64LE(link_map.name))),
      dynamic: Number(row.readBigUInt64LE(link_map.dynamic)),
    });
    at = Number(row.readBigUInt64LE(link_map.next));
  }
  return maps;
}

/** PATH_MAX of linux/limits.h. */
const longest = 4096;

/** Zero-ended; a page behind it may not be there. */
function readText(memory: ProcessMemory, address: Address): string {
  const toPageEnd = pageSize - (address % pageSize);
  const bytes = memory.read(address, longest) ?? memory.read(address, toPageEnd) ?? Buffer.alloc(0);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

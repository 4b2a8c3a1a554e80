/**
 * Which module a page of an image belongs to. The plan does not say it; the linker's own list of modules does, which the
 * image holds as any process does: the executable's dynamic table, `DT_DEBUG`, `r_debug`, `link_map` (glibc and musl
 * alike: <link.h>). Debuggers find a program's modules so.
 */
import { PT } from '../elf/constants.ts';
import type { DecodedPlan } from '../image/plan.ts';
import { roundDown, roundUp, type Address } from '../util/units.ts';
import { elfOf, loadRange } from './loaded-modules.ts';
import type { ProcessMemory } from './process-memory.ts';

export interface ListedModule {
  readonly name: string;
  readonly start: Address;
  readonly end: Address;
}

const DT_DEBUG = 21n;
const wordSize = 8;
const headerSize = 56;
const longestName = 4096;
/** More than any program has: a list that the program overwrote may have no end. */
const mostModules = 10_000;

/** Empty where the list cannot be read. Files are opened below `root`. */
export function listedModules(memory: ProcessMemory, plan: DecodedPlan, root: string): ListedModule[] {
  const modules: ListedModule[] = [];
  const executable = plan.text(plan.header.program_path);
  let at = firstLinkMap(memory, plan);
  for (let count = 0; at !== 0 && count < mostModules; count++) {
    const map = memory.read(at, 5 * wordSize);
    if (map === undefined) break;
    const name = count === 0 ? executable : readText(memory, wordAt(map, 1));
    modules.push(...rangeOf(name, root, wordAt(map, 0)));
    at = wordAt(map, 3);
  }
  return modules;
}

/** `r_map` of the `r_debug` that the executable's DT_DEBUG points to; 0 where there is none. */
function firstLinkMap(memory: ProcessMemory, { header }: DecodedPlan): Address {
  const table = Number(header.program_headers);
  const headers = memory.read(table, Number(header.program_header_count) * headerSize);
  if (headers === undefined) return 0;
  const rows = Array.from({ length: headers.length / headerSize }, (_, row) =>
    headers.subarray(row * headerSize, (row + 1) * headerSize),
  );
  const find = (type: number): Buffer | undefined => rows.find((row) => row.readUInt32LE(0) === type);
  const [self, dynamic] = [find(PT.PHDR), find(PT.DYNAMIC)];
  if (dynamic === undefined) return 0;
  const bias = self === undefined ? 0 : table - wordAt(self, 2);
  const entries = memory.read(bias + wordAt(dynamic, 2), wordAt(dynamic, 5));
  const debug = entries && valueOfDebug(entries);
  const first = debug === undefined ? undefined : memory.read(debug + wordSize, wordSize);
  return first ? wordAt(first, 0) : 0;
}

function valueOfDebug(entries: Buffer): Address | undefined {
  for (let at = 0; at + 2 * wordSize <= entries.length; at += 2 * wordSize)
    if (entries.readBigUInt64LE(at) === DT_DEBUG) return wordAt(entries, at / wordSize + 1);
  return undefined;
}

function wordAt(bytes: Buffer, index: number): number {
  return Number(bytes.readBigUInt64LE(index * wordSize));
}

/** A zero-ended string, read up to the end of its page and no further where the next one is not there. */
function readText(memory: ProcessMemory, address: Address): string {
  const inPage = roundUp(address + 1) - address;
  const bytes = memory.read(address, longestName) ?? memory.read(address, inPage);
  return bytes?.toString('utf8', 0, Math.max(0, bytes.indexOf(0))) ?? '';
}

/** Nothing for the vdso, which has no file. */
function rangeOf(name: string, root: string, loadBias: Address): ListedModule[] {
  const elf = name.startsWith('/') ? elfOf(root + name) : undefined;
  const [first, last] = elf ? loadRange(elf) : [];
  if (!first || !last) return [];
  const end = loadBias + roundUp(last.address + last.memorySize);
  return [{ name, start: loadBias + roundDown(first.address), end }];
}

/** What the kernel says of one process's memory; the process must not run while it is read. See proc(5). */
import { readFileSync } from 'node:fs';

/** kB of one process, and counts. */
export interface ProcessMemory {
  /** Private_Dirty: what this process alone holds and no file could give back. */
  readonly privateKb: number;
  /** Shared_Clean + Shared_Dirty + Private_Clean: pages of files, shared or ready to be. */
  readonly sharedKb: number;
  /** Each page divided by the number of processes that map it. */
  readonly pssKb: number;
  /** VmPTE: the process's own page tables, last level. */
  readonly pageTablesKb: number;
  /** Lines of /proc/PID/maps. */
  readonly mappings: number;
}

/** Reads /proc/PID/smaps_rollup, status and maps. Throws where the process has no memory (any more). */
export function readProcessMemory(pid: number): ProcessMemory {
  const pages = readFields(`/proc/${pid}/smaps_rollup`);
  return {
    privateKb: pages('Private_Dirty'),
    sharedKb: pages('Shared_Clean') + pages('Shared_Dirty') + pages('Private_Clean'),
    pssKb: pages('Pss'),
    pageTablesKb: readFields(`/proc/${pid}/status`)('VmPTE'),
    mappings: readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n').length - 1,
  };
}

/** The `Name:  123 kB` lines of a file of /proc. */
function readFields(file: string): (name: string) => number {
  const values = new Map<string, number>();
  for (const [, name, kb] of readFileSync(file, 'latin1').matchAll(/^(\w+):\s+(\d+) kB$/gm))
    values.set(name!, Number(kb));
  return (name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`${file} has no ${name}`);
    return value;
  };
}

/** AT_ENTRY of auxv: where the kernel says that the program begins, its PT_INTERP aside. */
export function readEntry(pid: number): number {
  const entryType = 9n;
  const vector = readFileSync(`/proc/${pid}/auxv`);
  for (let at = 0; at + 16 <= vector.length; at += 16)
    if (vector.readBigUInt64LE(at) === entryType) return Number(vector.readBigUInt64LE(at + 8));
  throw new Error(`/proc/${pid}/auxv has no AT_ENTRY`);
}

/** What the kernel says of one process's memory; the process must not run while it is read. See proc(5). */
import { readFileSync } from 'node:fs';
import type { ProcessMemory } from './measurement.ts';

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

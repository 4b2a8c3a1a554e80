/** What the kernel says of where a program begins. */
import { readFileSync } from 'node:fs';
import type { Address } from '../util/units.ts';
import { AT } from './context.ts';

/** AT_ENTRY of /proc/PID/auxv (proc(5)): the program's own entry, not its dynamic linker's. */
export function readEntry(pid: number): Address {
  const vector = readFileSync(`/proc/${String(pid)}/auxv`);
  for (let at = 0; at + 16 <= vector.length; at += 16)
    if (Number(vector.readBigUInt64LE(at)) === AT.entry) return Number(vector.readBigUInt64LE(at + 8));
  throw new Error(`/proc/${String(pid)}/auxv has no AT_ENTRY`);
}

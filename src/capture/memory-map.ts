/** proc(5): which ranges a process has. */
import { readFileSync } from 'node:fs';
import type { Address } from '../util/units.ts';

/** One line of /proc/PID/maps. */
export interface MapsLine {
  readonly start: Address;
  readonly end: Address;
  /** PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4. */
  readonly protection: number;
  readonly shared: boolean;
  readonly offset: number;
  /** Absolute path, `[stack]` and the like, or nothing for anonymous memory. */
  readonly name: string;
}

const line = /^([0-9a-f]+)-([0-9a-f]+) (r|-)(w|-)(x|-)(s|p) ([0-9a-f]+) \S+ \d+ *(.*)$/;

/** The mappings of a process, ascending; `[vsyscall]`, which lies in the kernel's half, left out. */
export function readMaps(pid: number): MapsLine[] {
  const text = readFileSync(`/proc/${String(pid)}/maps`, 'utf8');
  return text
    .split('\n')
    .filter((row) => row !== '' && !row.endsWith('[vsyscall]'))
    .map(parseLine);
}

function parseLine(row: string): MapsLine {
  const [, start = '', end = '', read, write, execute, shared, offset = '', name = ''] = line.exec(row) ?? [];
  return {
    start: parseInt(start, 16),
    end: parseInt(end, 16),
    protection: (read === 'r' ? 1 : 0) + (write === 'w' ? 2 : 0) + (execute === 'x' ? 4 : 0),
    shared: shared === 's',
    offset: parseInt(offset, 16),
    name,
  };
}

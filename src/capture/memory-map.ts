/** proc(5): which ranges a stopped process has, and which of their pages are its own. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';

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

/**
 * The pages in a range that are the process's own: written since they were mapped. Runs of neighbouring pages, as
 * addresses. Linux, Documentation/admin-guide/mm/pagemap.rst: bit 63 present, 62 swapped, 61 page of a file.
 */
export function ownPages(pid: number, start: Address, end: Address): { start: Address; end: Address }[] {
  const entries = Buffer.alloc(((end - start) / pageSize) * 8);
  const file = openSync(`/proc/${String(pid)}/pagemap`, 'r');
  readSync(file, entries, 0, entries.length, (start / pageSize) * 8);
  closeSync(file);
  const runs: { start: Address; end: Address }[] = [];
  for (let index = 0; index * 8 < entries.length; index++) {
    const flags = entries.readUInt8(index * 8 + 7) >> 5;
    const own = (flags & 0b101) === 0b100 || (flags & 0b010) !== 0;
    if (own) extend(runs, start + index * pageSize);
  }
  return runs;
}

function extend(runs: { start: Address; end: Address }[], page: Address): void {
  const last = runs.at(-1);
  if (last?.end === page) last.end = page + pageSize;
  else runs.push({ start: page, end: page + pageSize });
}

/** Program headers (gABI chapter 'Program Header'). */
import type { ElfHeader, Segment } from './elf-file.ts';
import { programHeaderCount } from './sections.ts';
import { Table } from './table.ts';

const entrySize = 56;

/** The program headers, in file order. Whether the file holds what they name is checked when it is read. Throws ElfError. */
export function readSegments(path: string, bytes: Buffer, header: ElfHeader): Segment[] {
  const count = programHeaderCount(path, bytes, header);
  if (count === 0) return [];
  const table = new Table(path, bytes, 'program headers', header.programHeaderOffset, count * entrySize);
  if (header.programHeaderSize !== entrySize)
    throw table.fail(0, `e_phentsize is ${header.programHeaderSize}, not ${entrySize}`);
  return Array.from({ length: count }, (_, index) => segmentAt(table, index * entrySize));
}

function segmentAt(table: Table, at: number): Segment {
  return {
    type: table.u32(at),
    flags: table.u32(at + 4),
    offset: table.u64(at + 8),
    address: table.u64(at + 16),
    fileSize: table.u64(at + 32),
    memorySize: table.u64(at + 40),
    alignment: table.u64(at + 48),
  };
}

/** What a page of a module holds before anyone has relocated or written it. */
import { PT } from '../elf/constants.ts';
import type { ElfFile, Segment } from '../elf/elf-file.ts';
import type { FileOffset, Vaddr } from '../util/units.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';

export interface FreshPage {
  readonly bytes: Buffer;
  /** From here on the linker (or the kernel) wrote zeros, behind the file's part of the segment, which made the page private. */
  readonly clearedFrom?: number;
}

/** The page at `address`, a multiple of the page size. Zero where the file has no bytes for it. */
export function freshPage(elf: ElfFile, address: Vaddr): FreshPage {
  const bytes = Buffer.alloc(pageSize);
  const segment = segmentOfPage(elf, address);
  if (segment === undefined) return { bytes };
  const fileEnd = segment.address + segment.fileSize;
  if (address >= fileEnd) return { bytes };
  const offset = fileOffsetOf(segment, address);
  elf.bytes.copy(bytes, 0, offset, offset + pageSize);
  if (segment.memorySize === segment.fileSize || fileEnd >= address + pageSize) return { bytes };
  const clearedFrom = fileEnd - address;
  bytes.fill(0, clearedFrom);
  return { bytes, clearedFrom };
}

/** Whether a mapping of the file at `offset` is what PT_LOAD says of `address`. */
export function isMappedAsSaid(elf: ElfFile, address: Vaddr, offset: FileOffset): boolean {
  const segment = segmentOfPage(elf, address);
  return segment !== undefined && fileOffsetOf(segment, address) === offset;
}

function fileOffsetOf(segment: Segment, address: Vaddr): FileOffset {
  return roundDown(segment.offset) + (address - roundDown(segment.address));
}

/** Where two segments share a page, the later one was mapped over the earlier. */
function segmentOfPage(elf: ElfFile, address: Vaddr): Segment | undefined {
  return elf.segments.findLast(
    ({ type, address: start, memorySize }) =>
      type === PT.LOAD && address >= roundDown(start) && address < roundUp(start + memorySize),
  );
}

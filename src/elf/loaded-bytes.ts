/** The file's bytes by address, as PT_LOAD maps them: what ld.so sees, without any section header. */
import { ElfError } from '../util/errors.ts';
import { hex, type FileOffset, type Vaddr } from '../util/units.ts';
import { PT } from './constants.ts';
import type { Segment } from './elf-file.ts';
import { Table } from './table.ts';

export class LoadedBytes {
  readonly #path: string;
  readonly #file: Buffer;
  readonly #segments: readonly Segment[];
  /** The segment of the last look-up: tables are read in order. */
  #last: Segment | undefined;

  constructor(path: string, file: Buffer, segments: readonly Segment[]) {
    this.#path = path;
    this.#file = file;
    this.#segments = segments.filter((segment) => segment.type === PT.LOAD);
  }

  /** The `size` bytes from `address`. Throws ElfError unless one PT_LOAD has them all in the file; none are everywhere. */
  table(name: string, address: Vaddr, size: number): Table {
    if (size === 0) return new Table(this.#path, this.#file, name, 0, 0);
    const segment = this.#segmentOf(name, address);
    const available = segment.address + segment.fileSize - address;
    if (size > available)
      throw this.#fail(name, address, `${size} bytes leave the file's part of the segment`);
    return new Table(this.#path, this.#file, name, fileOffset(segment, address), size);
  }

  /** What the file has from `address` to the end of its PT_LOAD. Throws ElfError where that is nothing. */
  rest(name: string, address: Vaddr): Table {
    const segment = this.#segmentOf(name, address);
    const offset = fileOffset(segment, address);
    const size = Math.min(segment.address + segment.fileSize - address, this.#file.length - offset);
    return new Table(this.#path, this.#file, name, offset, Math.max(size, 0));
  }

  /** The signed word at `address` before relocation: 0 behind `p_filesz`. Throws ElfError outside of every PT_LOAD. */
  word(name: string, address: Vaddr): number {
    const segment = this.#segmentOf(name, address);
    const offset = address - segment.address;
    if (offset >= segment.fileSize && offset + 8 <= segment.memorySize) return 0;
    return this.table(name, address, 8).i64(0);
  }

  #segmentOf(name: string, address: Vaddr): Segment {
    if (this.#last !== undefined && contains(this.#last, address)) return this.#last;
    const found = this.#segments.find((segment) => contains(segment, address));
    if (found === undefined) throw this.#fail(name, address, 'no PT_LOAD has that address');
    this.#last = found;
    return found;
  }

  #fail(name: string, address: Vaddr, problem: string): ElfError {
    return new ElfError(this.#path, name, undefined, `address ${hex(address)}: ${problem}`);
  }
}

function contains(segment: Segment, address: Vaddr): boolean {
  return address >= segment.address && address - segment.address < segment.memorySize;
}

function fileOffset(segment: Segment, address: Vaddr): FileOffset {
  return segment.offset + (address - segment.address);
}

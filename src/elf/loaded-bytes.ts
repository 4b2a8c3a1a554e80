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

  /**
   * The `size` bytes from `address`. Throws ElfError unless the file has them all, in one PT_LOAD or in neighbours: patchelf
   * leaves tables that begin in one and end in the next. None are everywhere.
   */
  table(name: string, address: Vaddr, size: number): Table {
    if (size === 0) return new Table(this.#path, this.#file, name, 0, 0);
    const parts = this.#parts(name, address, address + size);
    if (sizeOf(parts) < size)
      throw this.#fail(name, address, `${size} bytes leave the file's part of the segment`);
    return this.#join(name, parts);
  }

  /** What the file has from `address` to the end of its PT_LOAD and of those that follow at once. Throws ElfError where that is nothing. */
  rest(name: string, address: Vaddr): Table {
    const parts = this.#parts(name, address, Number.MAX_SAFE_INTEGER);
    return this.#join(
      name,
      parts.map(({ offset, size }) => ({
        offset,
        size: Math.max(0, Math.min(size, this.#file.length - offset)),
      })),
    );
  }

  /** The signed word at `address` before relocation: 0 behind `p_filesz`. Throws ElfError outside of every PT_LOAD. */
  word(name: string, address: Vaddr): number {
    const segment = this.#segmentOf(name, address);
    const offset = address - segment.address;
    if (offset >= segment.fileSize && offset + 8 <= segment.memorySize) return 0;
    return this.table(name, address, 8).i64(0);
  }

  /** Where the file has the bytes from `address` on, as far as it has them without a gap. */
  #parts(name: string, address: Vaddr, end: Vaddr): FilePart[] {
    const parts: FilePart[] = [];
    let segment: Segment | undefined = this.#segmentOf(name, address);
    for (let at = address; segment !== undefined && at < end;) {
      const size = Math.min(segment.address + segment.fileSize, end) - at;
      if (size <= 0) break;
      parts.push({ offset: fileOffset(segment, at), size });
      at += size;
      segment = this.#segments.find((each) => contains(each, at));
    }
    return parts;
  }

  /** A view of the file where the parts are neighbours there, too; else a copy. */
  #join(name: string, parts: readonly FilePart[]): Table {
    const [first = { offset: 0, size: 0 }] = parts;
    const size = sizeOf(parts);
    let next = first.offset;
    const inOrder = parts.every((part) => part.offset === next && (next += part.size) > 0);
    if (inOrder) return new Table(this.#path, this.#file, name, first.offset, size);
    const views = parts.map((part) => new Table(this.#path, this.#file, name, part.offset, part.size));
    return new Table(this.#path, Buffer.concat(views.map((view) => view.bytes(0, view.size))), name, 0, size);
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

interface FilePart {
  readonly offset: FileOffset;
  readonly size: number;
}

function sizeOf(parts: readonly FilePart[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function contains(segment: Segment, address: Vaddr): boolean {
  return address >= segment.address && address - segment.address < segment.memorySize;
}

function fileOffset(segment: Segment, address: Vaddr): FileOffset {
  return segment.offset + (address - segment.address);
}

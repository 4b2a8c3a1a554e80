/**
 * A named piece of a file, and the only way in which this folder reads bytes. Every read is checked against the
 * piece's bounds; a failure is an ElfError with the file, the piece's name and the offset in the file. Positions (`at`)
 * are bytes from the piece's beginning. Everything is little-endian unless said otherwise.
 */
import { ElfError } from '../util/errors.ts';
import { hex, type FileOffset } from '../util/units.ts';

const twoTo32 = 2 ** 32;

export class Table {
  readonly path: string;
  /** As the ELF specification calls it: `DT_RELA`, `program header 3`. */
  readonly name: string;
  /** Where the piece begins. */
  readonly offset: FileOffset;
  /** Bytes. */
  readonly size: number;
  readonly #file: Buffer;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  /** Throws ElfError when the file has no such bytes. */
  constructor(
    path: string,
    file: Buffer,
    name: string,
    offset: FileOffset,
    size: number,
    littleEndian = true,
  ) {
    this.path = path;
    this.name = name;
    this.offset = offset;
    this.size = size;
    if (offset + size > file.length)
      throw this.fail(0, `truncated: ${size} bytes expected, the file ends at ${hex(file.length)}`);
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset + offset, size);
    this.#littleEndian = littleEndian;
  }

  u8(at: number): number {
    this.#check(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.#check(at, 2);
    return this.#view.getUint16(at, this.#littleEndian);
  }

  u32(at: number): number {
    this.#check(at, 4);
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** Throws ElfError also for values of 2^53 and above. */
  u64(at: number): number {
    this.#check(at, 8);
    const high = this.#view.getUint32(this.#littleEndian ? at + 4 : at, this.#littleEndian);
    const low = this.#view.getUint32(this.#littleEndian ? at : at + 4, this.#littleEndian);
    return this.#safe(at, high * twoTo32 + low);
  }

  /** Throws ElfError also for values outside ±2^53. */
  i64(at: number): number {
    this.#check(at, 8);
    const high = this.#view.getInt32(at + 4, true);
    return this.#safe(at, high * twoTo32 + this.#view.getUint32(at, true));
  }

  /** The unsigned 64 bits as they stand. */
  raw64(at: number): bigint {
    this.#check(at, 8);
    return this.#view.getBigUint64(at, this.#littleEndian);
  }

  /** The zero-terminated UTF-8 string that begins at `at` and ends inside the piece. */
  text(at: number): string {
    this.#check(at, 1);
    const begin = this.offset + at;
    const limit = this.offset + this.size;
    let end = begin;
    while (end < limit && this.#file[end] !== 0) end++;
    if (end === limit) throw this.fail(at, 'string without a closing zero');
    return this.#file.toString('utf8', begin, end);
  }

  /** Whether the zero-terminated string that begins at `at` is exactly `expected`; builds no string. */
  hasText(at: number, expected: Uint8Array): boolean {
    const { length } = expected;
    if (at + length >= this.size) return false;
    const begin = this.offset + at;
    for (let i = 0; i < length; i++) if (this.#file[begin + i] !== expected[i]) return false;
    return this.#file[begin + length] === 0;
  }

  /** A view of the bytes, not a copy. */
  bytes(at: number, size: number): Buffer {
    this.#check(at, size);
    return this.#file.subarray(this.offset + at, this.offset + at + size);
  }

  /** `count` 32-bit words as an array of the host's (little-endian) order: a view where they are aligned, else a copy. */
  words(at: number, count: number): Uint32Array {
    const bytes = this.bytes(at, count * 4);
    if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
    return new Uint32Array(Uint8Array.from(bytes).buffer);
  }

  /** The error for a fault at `at`, for the caller to throw. */
  fail(at: number, problem: string): ElfError {
    return new ElfError(this.path, this.name, this.offset + at, problem);
  }

  #safe(at: number, value: number): number {
    if (Number.isSafeInteger(value)) return value;
    throw this.fail(at, `value ${hex(this.raw64(at))} is too large`);
  }

  #check(at: number, size: number): void {
    if (at < 0 || at + size > this.size) throw this.fail(at, `truncated: the table has ${this.size} bytes`);
  }
}

/** The memory of one region, byte by byte: what its pieces hold, and what is written over it. */
import type { PageReader } from '../image/page-reader.ts';
import type { Piece } from '../image/pieces.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundDown } from '../util/units.ts';

export class PieceMemory {
  readonly #pieces: readonly Piece[];
  readonly #reader: PageReader;
  readonly #written = new Map<Address, Buffer>();

  constructor(pieces: readonly Piece[], reader: PageReader) {
    this.#pieces = pieces;
    this.#reader = reader;
  }

  /** `length` bytes; zero where there is no memory. */
  read(address: Address, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length;) {
      const page = roundDown(address + done);
      const from = address + done - page;
      const count = Math.min(pageSize - from, length - done);
      this.#page(page).copy(bytes, done, from, from + count);
      done += count;
    }
    return bytes;
  }

  /** May lie across two pages. */
  write(address: Address, bytes: Buffer): void {
    for (let done = 0; done < bytes.length;) {
      const page = roundDown(address + done);
      const at = address + done - page;
      const count = Math.min(pageSize - at, bytes.length - done);
      bytes.copy(this.#ownPage(page), at, done, done + count);
      done += count;
    }
  }

  /** The pieces with what was written. */
  pieces(): Piece[] {
    return this.#pieces.map((piece) => {
      const end = piece.address + piece.length;
      const own = [...this.#written].filter(([page]) => page >= piece.address && page < end);
      return own.length === 0 ? piece : { ...piece, pages: new Map([...piece.pages, ...own]) };
    });
  }

  #ownPage(page: Address): Buffer {
    const known = this.#written.get(page);
    if (known) return known;
    const copy = Buffer.from(this.#page(page));
    this.#written.set(page, copy);
    return copy;
  }

  #page(page: Address): Buffer {
    const known = this.#written.get(page);
    if (known) return known;
    const piece = this.#pieces.find(({ address, length }) => page >= address && page < address + length);
    const stored = piece?.pages.get(page);
    if (stored) return stored;
    return piece?.file
      ? this.#reader.read(piece.file.path, piece.file.offset + page - piece.address)
      : Buffer.alloc(pageSize);
  }
}

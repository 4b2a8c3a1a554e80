/** The memory of a region against one flat buffer: files, written pages, holes; reads and writes across all borders. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { PieceMemory } from '../../src/calls/piece-memory.ts';
import { PageReader } from '../../src/image/page-reader.ts';
import type { Piece } from '../../src/image/pieces.ts';
import { pageSize } from '../../src/util/units.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-pieces-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = 0x7000_0000_0000;
const pages = 12;
const file = path.join(folder, 'module');
const fileBytes = Buffer.from(Array.from({ length: pages * pageSize - 100 }, (_, i) => (i * 7919) >> 3));
writeFileSync(file, fileBytes);

/** Each page is memory of the file, of the file under a written page, of zeros, or none. */
type Kind = 'file' | 'written' | 'zero' | 'none';
const layouts = fc.array(fc.constantFrom<Kind>('file', 'written', 'zero', 'none'), {
  minLength: pages,
  maxLength: pages,
});
const writes = fc.array(
  fc.record({
    at: fc.nat({ max: (pages - 3) * pageSize }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 2 * pageSize + 1 }),
  }),
  { maxLength: 5 },
);
const reads = fc.record({
  at: fc.nat({ max: pages * pageSize }),
  length: fc.integer({ min: 0, max: 3 * pageSize }),
});

const writtenPage = (index: number): Buffer => Buffer.alloc(pageSize, 0x80 + index);

/** Neighbouring pages of one kind are one piece. */
function piecesOf(kinds: readonly Kind[]): Piece[] {
  const firsts = [...kinds.keys()].filter((page) => page === 0 || kinds[page] !== kinds[page - 1]);
  return firsts.flatMap((first, position): Piece[] => {
    const kind = kinds[first];
    const count = (firsts[position + 1] ?? kinds.length) - first;
    if (kind === 'none') return [];
    const address = start + first * pageSize;
    const own = Array.from(
      { length: count },
      (_, i) => [address + i * pageSize, writtenPage(first + i)] as const,
    );
    return [
      {
        ...{ region: 0, address, length: count * pageSize, protection: 5, zero: false, fixed: false },
        file: kind === 'zero' ? undefined : { path: file, offset: first * pageSize },
        pages: new Map(kind === 'written' ? own : []),
      },
    ];
  });
}

function flat(kinds: readonly Kind[]): Buffer {
  const bytes = Buffer.alloc((pages + 3) * pageSize);
  kinds.forEach((kind, page) => {
    const at = page * pageSize;
    if (kind === 'file') fileBytes.copy(bytes, at, at, at + pageSize);
    if (kind === 'written') writtenPage(page).copy(bytes, at);
  });
  return bytes;
}

test('reads what the pieces hold, and what was written over it', () => {
  const reader = new PageReader();
  fc.assert(
    fc.property(layouts, writes, reads, (kinds, written, { at, length }) => {
      const memory = new PieceMemory(piecesOf(kinds), reader);
      const model = flat(kinds);
      for (const { at: place, bytes } of written) {
        memory.write(start + place, Buffer.from(bytes));
        model.set(bytes, place);
      }
      expect(memory.read(start + at, length).equals(model.subarray(at, at + length))).toBe(true);
    }),
  );
  reader.close();
});

test('its pieces hold what was written, where there is a piece, and nothing else has changed', () => {
  const reader = new PageReader();
  fc.assert(
    fc.property(layouts, writes, (kinds, written) => {
      const before = piecesOf(kinds);
      const memory = new PieceMemory(before, reader);
      const model = flat(kinds);
      for (const { at, bytes } of written) {
        memory.write(start + at, Buffer.from(bytes));
        model.set(bytes, at);
      }
      const after = memory.pieces();
      expect(after.map((piece) => ({ ...piece, pages: 0 }))).toEqual(
        before.map((piece) => ({ ...piece, pages: 0 })),
      );
      const again = new PieceMemory(after, reader);
      for (const { address, length } of after) {
        const from = address - start;
        expect(again.read(address, length).equals(model.subarray(from, from + length))).toBe(true);
      }
      const touched = new Set(written.flatMap(({ at, bytes }) => pagesOf(at, bytes.length)));
      for (const [index, piece] of after.entries())
        for (const page of piece.pages.keys())
          expect(before[index]!.pages.has(page) || touched.has(page)).toBe(true);
    }),
    { numRuns: 50 },
  );
  reader.close();
});

function pagesOf(at: number, length: number): number[] {
  const [first, last] = [Math.floor(at / pageSize), Math.floor((at + length - 1) / pageSize)];
  return Array.from({ length: last - first + 1 }, (_, page) => start + (first + page) * pageSize);
}

test('writing does not change the pages that were given', () => {
  const [piece] = piecesOf(['written']);
  const memory = new PieceMemory([piece!], new PageReader());
  memory.write(start, Buffer.from('changed'));
  expect(piece!.pages.get(start)).toEqual(writtenPage(0));
});

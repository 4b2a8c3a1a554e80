/** What is stored of a module is, page by page, what most of its programs have. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collectContents } from '../../src/files/contents.ts';
import type { PlacedMemory } from '../../src/image/compose-image.ts';
import type { Piece } from '../../src/image/pieces.ts';
import { pageSize } from '../../src/util/units.ts';

const path = '/lib/libone.so';
const address = 0x2000_0000_0000;
const pieceLength = 8 * pageSize;

/** Page number → the byte that fills the page; a page that is not in there is the file's own. */
type Written = ReadonlyMap<number, number>;

/** A program with one module of two pieces. */
function programWith(written: Written): PlacedMemory {
  const pieces = [0, 1].map((index): Piece => {
    const start = address + index * pieceLength;
    const pages = [...written]
      .filter(([page]) => Math.floor(page / 8) === index)
      .map(([page, byte]) => [address + page * pageSize, Buffer.alloc(pageSize, byte)] as const);
    return {
      region: 0,
      address: start,
      length: pieceLength,
      protection: 3,
      file: { path, offset: index * pieceLength },
      pages: new Map(pages),
      zero: false,
      fixed: false,
    };
  });
  const regions = [{ region: { module: { path } } }];
  return { blueprint: { regions }, pieces } as unknown as PlacedMemory;
}

const writtenPages: fc.Arbitrary<Written> = fc
  .array(fc.tuple(fc.nat({ max: 15 }), fc.integer({ min: 1, max: 3 })))
  .map((pairs) => new Map(pairs));

test('a page is that of most programs; the file’s own counts as one of the contents', () => {
  fc.assert(
    fc.property(fc.array(writtenPages, { minLength: 1, maxLength: 7 }), (programs) => {
      const [content] = collectContents(programs.map(programWith), new Set([path]));
      for (let page = 0; page < 16; page++) {
        const votes = programs.map((written) => written.get(page) ?? 0);
        const count = (byte: number): number => votes.filter((vote) => vote === byte).length;
        const chosen = content?.pages.get(address + page * pageSize);
        const byte = chosen?.[0] ?? 0;
        if (chosen) expect(chosen.equals(Buffer.alloc(pageSize, byte))).toBe(true);
        expect(count(byte)).toBe(Math.max(...votes.map(count)));
        expect(content?.touched.has(address + page * pageSize)).toBe(votes.some((vote) => vote > 0));
      }
    }),
  );
});

test('a module’s extent is that of its pieces; modules that nobody asked for are left out', () => {
  const program = programWith(new Map([[3, 1]]));
  expect(collectContents([program], new Set([path]))).toMatchObject([
    { path, address, size: 2 * pieceLength },
  ]);
  expect(collectContents([program], new Set(['/lib/libother.so']))).toEqual([]);
});

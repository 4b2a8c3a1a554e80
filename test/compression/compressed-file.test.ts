/** Compressed files give back what went in, at any place, or an error that names the chunk. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codecNumbers, type CodecName } from '../../src/compression/codec.ts';
import { findCodec, firstCodec } from '../../src/compression/find-codec.ts';
import { openCompressedFile } from '../../src/compression/compressed-file.ts';
import { defaultSettings } from '../../src/compression/default-settings.ts';
import { inspectCompressed } from '../../src/compression/inspect-compressed.ts';
import { checksumAt, chunkRow, header } from '../../src/compression/layout.ts';
import { loadLz4 } from '../../src/compression/lz4.ts';
import { writeCompressed } from '../../src/compression/write-compressed.ts';
import { loadZstd } from '../../src/compression/zstd.ts';
import { LinkonceError } from '../../src/util/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'linkonce-compressed-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = Object.keys(codecNumbers) as CodecName[];

function missingCodecs(): string[] {
  return names.filter((name) => {
    try {
      findCodec(name);
      return false;
    } catch {
      return true;
    }
  });
}

function write(bytes: Buffer, name: CodecName = 'zstd', chunkSize = 4096, level = 1): string {
  const file = path.join(folder, 'file');
  const read = (offset: number, length: number): Buffer => bytes.subarray(offset, offset + length);
  writeCompressed(file, 0o644, { size: bytes.length, read }, { codec: findCodec(name), level, chunkSize });
  return file;
}

/** Zeros, text and noise, in pieces of any length. */
const content = fc
  .array(fc.tuple(fc.constantFrom('zeros', 'text', 'noise'), fc.nat(9000)), { maxLength: 6 })
  .map((pieces) =>
    Buffer.concat(
      pieces.map(([kind, length]) =>
        kind === 'noise' ? randomBytes(length) : Buffer.alloc(length, kind === 'zeros' ? 0 : 'some text '),
      ),
    ),
  );

describe.each(names)('%s', (name) => {
  test('gives back any bytes at any place', (context) => {
    context.skip(missingCodecs().includes(name), `the library of ${name} is not installed`);
    const settings = fc.record({ chunkSize: fc.constantFrom(4096, 16_384), level: fc.constantFrom(1, 3, 9) });
    const places = fc.array(fc.tuple(fc.nat(60_000), fc.nat(60_000)), { maxLength: 8 });
    fc.assert(
      fc.property(content, settings, places, (bytes, { chunkSize, level }, ranges) => {
        const file = openCompressedFile(write(bytes, name, chunkSize, level), { cacheSize: chunkSize * 2 });
        for (const [a, b] of [[0, bytes.length] as const, ...ranges]) {
          const from = Math.min(a, bytes.length);
          const length = Math.min(b, bytes.length - from);
          expect(file.read(from, length).equals(bytes.subarray(from, from + length))).toBe(true);
        }
        expect(inspectCompressed(file).problems).toEqual([]);
        file.close();
      }),
      { numRuns: 40 },
    );
  });
});

/** A page of each kind, and a short end. */
const mixed = Buffer.concat([
  Buffer.alloc(4096, 'text'),
  Buffer.alloc(4096),
  randomBytes(4096),
  Buffer.alloc(700, 'end'),
]);

test('zeros cost nothing, and noise no more than itself', () => {
  const file = openCompressedFile(write(mixed));
  const { chunks, headSize } = inspectCompressed(file);
  expect(chunks).toEqual({ zero: 1, plain: 1, compressed: 2 });
  expect(headSize).toBe(header.size + 4 * chunkRow.size);
  expect(file.head.chunks.map(({ length }) => length)).toEqual([
    expect.any(Number), 0, 4096, expect.any(Number),
  ]); // prettier-ignore
  file.close();
});

test('chunks that were just read are not decompressed again', () => {
  const file = openCompressedFile(write(mixed), { cacheSize: 8192 });
  for (const page of [0, 1, 0, 2, 0, 1]) file.read(page * 4096, 4096);
  // Page 1 went for page 2.
  expect(file.counts).toEqual({ decompressed: 4, cached: 2 });
  expect(() => file.read(mixed.length - 1, 2)).toThrow(RangeError);
  file.close();
});

describe('damage', () => {
  /** Reads all of the file; undefined where it is refused, which must be by an error of one line that names it. */
  function readAll(file: string): Buffer | undefined {
    try {
      const opened = openCompressedFile(file);
      try {
        return opened.read(0, opened.head.size);
      } finally {
        opened.close();
      }
    } catch (error) {
      expect(error).toBeInstanceOf(LinkonceError);
      expect((error as LinkonceError).message).toMatch(/^\S*\/file: .*$/);
      return undefined;
    }
  }

  test.each(['zstd', 'lz4'] as const)('of any byte is found or harmless (%s)', (name) => {
    const file = write(mixed, name);
    const good = readFileSync(file);
    // Of noise that stands as it is, one byte in eight.
    for (let at = 0; at < good.length; at += at > 400 && at < good.length - 400 ? 8 : 1)
      for (const flip of [1, 0x80]) {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ flip;
        writeFileSync(file, bad);
        const read = readAll(file);
        if (read) expect(read.equals(mixed)).toBe(true);
      }
  });

  test('of length is found, wherever the file ends', () => {
    const file = write(mixed);
    const good = readFileSync(file);
    for (let length = 0; length < good.length; length += 13) {
      writeFileSync(file, good.subarray(0, length));
      expect(readAll(file)).toBeUndefined();
    }
    writeFileSync(file, Buffer.concat([good, Buffer.alloc(1)]));
    expect(readAll(file)).toBeUndefined();
  });

  test('names the chunk, and leaves the others readable', () => {
    const file = write(mixed);
    const bad = readFileSync(file);
    const noise = bad.length - 1000;
    bad[noise] = (bad[noise] ?? 0) ^ 1;
    writeFileSync(file, bad);
    const opened = openCompressedFile(file);
    expect(opened.read(0, 8192).equals(mixed.subarray(0, 8192))).toBe(true);
    expect(() => opened.read(8192, 1)).toThrow(/file: chunk 2 at \d+ is damaged$/);
    expect(inspectCompressed(opened).problems).toHaveLength(1);
    opened.close();
  });

  /** With the right checksum over it. */
  function forge(change: (head: Buffer) => void): string {
    const file = write(mixed);
    const bytes = readFileSync(file);
    change(bytes);
    bytes.writeUInt32LE(0, checksumAt);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, header.size + 4 * chunkRow.size)), checksumAt);
    writeFileSync(file, bytes);
    return file;
  }

  test.each<[string, (head: Buffer) => void, RegExp]>([
    ['another version', (head) => head.writeUInt32LE(2, 8), /has version 2 of the format/],
    ['another magic', (head) => head.write('LINKONCE', 0), /is no compressed file/],
    ['a codec that nobody knows', (head) => head.writeUInt32LE(9, 40), /table that cannot be/],
    ['a huge size', (head) => head.writeBigUInt64LE(2n ** 60n, 16), /table that cannot be/],
    ['a huge chunk size', (head) => head.writeUInt32LE(2 ** 31, 32), /table that cannot be/],
    ['a huge table', (head) => head.writeUInt32LE(2 ** 31, 36), /is cut off in its table/],
    ['overlapping chunks', (head) => head.writeBigUInt64LE(200n, header.size + 16), /table that cannot be/],
  ])('made on purpose is refused: %s', (_, change, message) => {
    expect(() => openCompressedFile(forge(change))).toThrow(message);
  });
});

test('a library that is missing is named with its package, and another codec serves', () => {
  expect(() => loadZstd('libno-such-zstd.so')).toThrow(/^libno-such-zstd.so: .*package libzstd1/);
  const missing = (): never => {
    throw new LinkonceError('not there');
  };
  expect(firstCodec([() => loadZstd('libno-such.so'), () => loadLz4()]).name).toBe('lz4');
  expect(firstCodec([missing]).name).toBe('plain');
  expect(names).toContain(defaultSettings().codec.name);
  const file = write(mixed);
  expect(() => openCompressedFile(file, { findCodec: missing })).toThrow('not there');
});

test('what cannot be written leaves nothing behind', () => {
  expect(() => write(mixed, 'zstd', 5000)).toThrow(/5000 bytes is no power of two/);
  // A source that does not stay the same.
  const read = (_: number, length: number): Buffer => randomBytes(length);
  const settings = { codec: findCodec('zstd'), level: 1, chunkSize: 4096 };
  const target = path.join(folder, 'unsteady');
  expect(() => writeCompressed(target, 0o644, { size: 9000, read }, settings)).toThrow(
    /not what was written/,
  );
  expect(readdirSync(folder).filter((name) => name.startsWith('unsteady'))).toEqual([]);
  expect(() => openCompressedFile(target)).toThrow(/cannot be read \(ENOENT\)/);
});

/** Records of `.eh_frame` that compilers here do not write, made by hand. */
import { describe, expect, test } from 'vitest';
import { frameRanges } from '../../src/elf/eh-frame.ts';
import { Table } from '../../src/elf/table.ts';

const address = 0x1000;
const u32 = (...values: number[]): number[] =>
  values.flatMap((value) => [...Buffer.from(Uint32Array.of(value).buffer)]);
const u64 = (...values: number[]): number[] =>
  values.flatMap((value) => u32(value % 2 ** 32, Math.floor(value / 2 ** 32)));

/** A record with its length before it; in the long form length and id have 64 bits. */
const record = (id: number, body: number[], isLong = false): number[] =>
  isLong
    ? [...u32(0xffffffff), ...u64(body.length + 8, id), ...body]
    : [...u32(body.length + 4, id), ...body];

/** Version 1, augmentation with its data, factors 1 and -8, return address register 16. */
const cie = (augmentation: string, ...data: number[]): number[] => [
  ...[1, ...Buffer.from(`${augmentation}\0`), 1, 0x78, 16],
  ...(augmentation === '' ? [] : [data.length, ...data]),
];

const ranges = (bytes: number[], endsWithZero = false) => {
  const file = Buffer.from(bytes);
  return frameRanges({
    table: new Table('the-file', file, '.eh_frame', 0, file.length),
    address,
    endsWithZero,
  });
};

/** One CIE, then FDEs whose bodies are given. */
function frames(head: number[], bodies: number[][], isLong = false): number[] {
  const bytes = record(0, head, isLong);
  for (const body of bodies) bytes.push(...record(bytes.length + (isLong ? 12 : 4), body, isLong));
  return bytes;
}

describe('pointer encodings', () => {
  /** Address of the FDE's pointer: after a CIE of 17 bytes, and length and id. */
  const place = address + 17 + 8;
  const body = (encoded: number[]) => frames(cie('zR', encoded[0]!), [encoded.slice(1)]);

  test.each<[string, number[], number, number]>([
    ['absolute, 8 bytes', [0x00, ...u64(0x123456789a, 0x10)], 0x123456789a, 0x10],
    ['absolute, ULEB128', [0x01, 0xe5, 0x8e, 0x26, 0x7f], 624485, 0x7f],
    ['absolute, 2 bytes', [0x02, 0x34, 0x12, 0xff, 0xff], 0x1234, 0xffff],
    ['absolute, 4 bytes', [0x03, ...u32(0xfffffff0, 0xf)], 0xfffffff0, 0xf],
    ['absolute, 8 signed bytes', [0x0c, ...u64(5, 6)], 5, 6],
    ['relative, 4 signed bytes', [0x1b, ...u32(0xffffff00, 0x20)], place - 0x100, 0x20],
    ['relative, 2 signed bytes', [0x1a, 0x00, 0xff, 0xfe, 0xff], place - 0x100, 0xfffe],
    ['relative, SLEB128', [0x19, 0x7f, 0x05], place - 1, 5],
  ])('%s', (_, encoded, start, size) => {
    expect(ranges(body(encoded))).toEqual([{ address: start, size }]);
  });

  test.each([
    ['an address of the address', [0x9b, ...u32(0, 0)], 'pointer encoding 0x9b is not supported'],
    ['relative to data', [0x3b, ...u32(0, 0)], 'pointer encoding 0x3b is not supported'],
    ['an unknown format', [0x05, ...u32(0, 0)], 'pointer encoding 0x5 is not supported'],
    ['a negative address', [0x1b, ...u32(0x80000000, 0)], 'negative address'],
    ['the end in its middle', [0x00, ...u32(0, 0)], 'truncated'],
  ])('%s', (_, encoded, problem) => {
    expect(() => ranges(body(encoded))).toThrow(problem);
  });
});

describe('records', () => {
  const simple = cie('');
  const body = (start: number, size: number) => u64(start, size);

  test('the 64-bit form', () => {
    expect(ranges(frames(simple, [body(1, 2), body(3, 4)], true))).toEqual([
      { address: 1, size: 2 },
      { address: 3, size: 4 },
    ]);
  });

  test('come ascending, once, and not empty', () => {
    const list = [body(9, 1), body(3, 4), body(9, 1), body(7, 0), body(3, 2)];
    expect(ranges(frames(simple, list))).toEqual([
      { address: 3, size: 2 },
      { address: 3, size: 4 },
      { address: 9, size: 1 },
    ]);
  });

  test('personality and language-specific data come before the encoding', () => {
    const head = cie('zPLR', 0x9b, ...u32(0x1234), 0x1b, 0x03);
    expect(ranges(frames(head, [u32(5, 6)]))).toEqual([{ address: 5, size: 6 }]);
  });

  test('a record of length 0 ends the list only where nothing else does', () => {
    const first = frames(simple, [body(1, 1)]);
    const bytes = [...first, ...u32(0)];
    bytes.push(...record(bytes.length + 4, body(2, 2)));
    expect(ranges(bytes, true)).toHaveLength(1);
    expect(ranges(bytes, false)).toHaveLength(2);
  });

  test.each([
    ['longer than the table', u32(100, 0), 'record of 100 bytes does not fit'],
    ['too short for an id', [...u32(2), 0, 0], 'record of 2 bytes does not fit'],
    ['a CIE that is an FDE', [...frames(simple, [body(1, 1)]), ...record(16 + 8, body(2, 2))], 'no CIE'],
    [
      'an unknown augmentation',
      frames(cie('zX', 0), [body(1, 1)]),
      'augmentation letter "X" is not supported',
    ],
  ])('%s', (_, bytes, problem) => {
    expect(() => ranges(bytes)).toThrow(problem);
  });
});

/** Files that tools read, made of ranges and names: by our reader, and by readelf. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ET, PF, PT } from '../../src/elf/constants.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { decodeElf } from '../../src/elf/read-elf.ts';
import { ownFunction } from '../../src/elf/symbol-table.ts';
import type { FileRange } from '../../src/elf/tool-view.ts';
import { contentStart, nameRanges, sealBuildId, toolHeadSize, toolParts } from '../../src/elf/tool-view.ts';
import { fixturePath } from './fixture.ts';

const page = 0x1000;
const code = PF.R | PF.X;
const data = PF.R | PF.W;
const still = { moves: false, isSplit: false, others: [] };

/** Ranges of pages, one behind the other in the file. */
function ranges(
  ...pages: readonly (readonly [address: number, count: number, flags: number])[]
): FileRange[] {
  let next = toolHeadSize;
  return pages.map(([address, count, flags]) => {
    const offset = next;
    next += count * page;
    return { address: address * page, length: count * page, offset, flags };
  });
}

function build(
  all: readonly FileRange[],
  how = still,
  names: readonly [string, number, number][] = [],
): ElfFile {
  const functions = names.map(([name, value, size]) => ownFunction(name, value, size));
  const named = nameRanges(all, [{ name: 'ours', bias: 0, functions }]);
  const end = Math.max(...all.map(({ offset, length }) => offset + length));
  const { head, tables } = toolParts(all, named, end, how);
  const bytes = Buffer.concat([head, Buffer.alloc(end - head.length), tables]);
  sealBuildId(bytes);
  const file = fixturePath('made');
  writeFileSync(file, bytes);
  const read = spawnSync('readelf', ['-lSsn', '--', file], { encoding: 'utf8' });
  expect(read).toMatchObject({ stderr: '', status: 0 });
  return decodeElf(bytes, file);
}

const loads = ({ segments }: ElfFile): number[][] =>
  segments
    .filter(({ type }) => type === PT.LOAD)
    .map(({ address, fileSize, flags }) => [address / page, fileSize / page, flags]);

test('neighbours in memory and file are one segment; others ascend', () => {
  const elf = build(
    ranges([0x100, 2, code], [0x102, 1, data], [0x50, 1, data], [0x51, 1, PF.R], [0x200, 1, code]),
  );
  expect(loads(elf)).toEqual([[0x50, 2, data], [0x100, 3, code | data], [0x200, 1, code]]); // prettier-ignore
  expect(elf.sections.filter(({ name }) => name === '.text').map(({ address }) => address)).toEqual([
    0x100000, 0x200000,
  ]);
  expect(elf.header.type).toBe(ET.EXEC);
});

test('of two ranges for the same memory the first one counts', () => {
  expect(loads(build(ranges([0x100, 2, data], [0x101, 1, data], [0x103, 1, data])))).toEqual([[0x100, 2, data], [0x103, 1, data]]); // prettier-ignore
});

test('what moves is ET_DYN', () => {
  expect(build(ranges([0x100, 1, code]), { ...still, moves: true }).header.type).toBe(ET.DYN);
});

test('where code may be parted an empty segment comes first', () => {
  expect(loads(build(ranges([0x100, 1, code]), { ...still, isSplit: true }))).toEqual([[0, 0, PF.R], [0x100, 1, code]]); // prettier-ignore
});

test('of too many ranges those with code stay, and the head stays a page', () => {
  const many = Array.from(
    { length: 500 },
    (_, index) => [0x100 + 2 * index, 1, index % 50 === 49 ? code : data] as const,
  );
  const segments = loads(build(ranges(...many)));
  expect(segments.length).toBeLessThan(72);
  expect(segments.shift()).toEqual([0, 0, PF.R]);
  expect(segments.filter(([, , flags]) => flags === code)).toHaveLength(10);
  expect([...segments].sort(([a = 0], [b = 0]) => a - b)).toEqual(segments);
});

describe('symbols', () => {
  test('are those in executable ranges, each in its section', () => {
    const names: [string, number, number][] = [['first', 0x100010, 4], ['nowhere', 0x180000, 4], ['inData', 0x102000, 4], ['last', 0x200ffc, 4]]; // prettier-ignore
    const elf = build(ranges([0x100, 1, code], [0x102, 1, data], [0x200, 1, code]), still, names);
    const listed = spawnSync('nm', ['-a', elf.path], { encoding: 'utf8' }).stdout;
    expect(listed.trim().split('\n').sort()).toEqual([
      '0000000000000000 a ours',
      '0000000000100010 T first',
      '0000000000200ffc T last',
    ]);
  });
});

test('a content begins as far behind 64 KiB in the file as in memory', () => {
  for (const address of [0x1000, 0xf000, 0x7f1234567000, 0x200000]) {
    expect(contentStart(address) % 0x10000).toBe(address % 0x10000);
    expect(contentStart(address)).toBeGreaterThanOrEqual(toolHeadSize);
    expect(contentStart(address)).toBeLessThan(toolHeadSize + 0x10000);
  }
});

test('the build id is that of the other bytes', () => {
  const [one, same, other] = [1, 1, 2].map((count) => build(ranges([0x100, count, code])).buildId);
  expect(one).toMatch(/^[0-9a-f]{40}$/);
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});

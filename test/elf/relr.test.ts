import { expect, test } from 'vitest';
import { relrAddresses } from '../../src/elf/relr.ts';
import { Table } from '../../src/elf/table.ts';

const addresses = (...entries: bigint[]) => {
  const file = Buffer.from(BigUint64Array.from(entries).buffer);
  return relrAddresses(new Table('the-file', file, 'DT_RELR', 0, file.length));
};

test('an address stands for itself', () => {
  expect(addresses(0x1000n, 0x123456789ab0n)).toEqual([0x1000, 0x123456789ab0]);
});

test('bits of a bitmap stand for the 63 words after the address', () => {
  const ends = 1n | (1n << 1n) | (1n << 31n) | (1n << 32n) | (1n << 63n);
  expect(addresses(0x1000n, ends)).toEqual([
    0x1000,
    0x1008,
    0x1008 + 30 * 8,
    0x1008 + 31 * 8,
    0x1008 + 62 * 8,
  ]);
});

test('a bitmap goes on where the one before ended', () => {
  expect(addresses(0x1000n, 1n, 3n)).toEqual([0x1000, 0x1008 + 63 * 8]);
});

test('a bitmap at the beginning is malformed', () => {
  expect(() => addresses(3n)).toThrow(
    'the-file: DT_RELR at offset 0x0: a bitmap without an address before it',
  );
});

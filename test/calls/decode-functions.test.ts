/** Ranges that overlap, as linkers seldom make them: each byte's meaning is then in question. */
import { expect, test } from 'vitest';
import type { Candidate } from '../../src/calls/candidates.ts';
import { decodeFunctions } from '../../src/calls/decode-functions.ts';

const address = 0x1000;
/** nop; addr32 call; mov $imm32, %eax; ret. The second candidate is in the mov. */
const bytes = Uint8Array.of(...[0x90, 0x67, 0xe8, 1, 2, 3, 4], ...[0xb8, 0xe8, 0, 0, 0], 0xc3);
const code = [{ address, bytes }];
const call: Candidate = { kind: 'call', opcode: address + 2, end: address + 7, slot: 0x4000 };
const inMove: Candidate = { kind: 'call', opcode: address + 8, end: address + 13, slot: 0x4000 };

function verdicts(...ranges: [from: number, to: number][]) {
  const list = ranges.map(([from, to]) => ({ address: address + from, size: to - from }));
  return decodeFunctions(code, list, [call, inMove]);
}

test.each([
  ['one function', [[0, 13]], [address + 1, 'missed']],
  ['the same twice', [[0, 13], [0, 13]], [address + 1, 'missed']],
  ['two that agree', [[0, 13], [1, 7]], [address + 1, 'missed']],
  ['one that begins after the prefix', [[0, 13], [2, 7]], ['missed', 'missed']],
  ['one that begins in the displacement', [[0, 13], [5, 13]], ['missed', 'missed']],
  ['one that ends in the displacement', [[0, 13], [0, 5]], ['undecodable', 'missed']],
  ['none with the site', [[7, 13]], [undefined, 'missed']],
  ['one that leaves the code', [[0, 14]], [undefined, undefined]],
  ['one before the code', [[-0x1000, 13]], [undefined, undefined]],
  ['none', [], [undefined, undefined]],
] as [string, [number, number][], unknown[]][])('%s', (_, ranges, expected) => {
  expect(verdicts(...ranges)).toEqual(expected);
}); // prettier-ignore

/** Entries of import-page: short ones for functions within reach, and long ones behind them; each call leads to its function. */
import { expect, test } from 'vitest';
import type { Import, WiredModule } from '../../src/calls/call-scheme.ts';
import { filledAtStart } from '../../src/systems/import-page/import-page-calls.ts';
import { present } from '../../src/util/present.ts';

const address = 0x2000_0000_0000;
const targets = [
  address + 0x10_0000,
  0x40_1000,
  address - 0x7000_0000,
  address + 0x8000_0000,
  address + 0x20_0000,
];

function importing(index: number, target: number): Import {
  return {
    slot: 0x4000 + 8 * index,
    symbol: `f${index}`,
    target,
    definer: 1,
    functionIndex: index,
    sites: [],
  };
}

const module: WiredModule = {
  ...{
    path: '/lib/a.so',
    name: 'a.so',
    bias: address + 0x1000,
    start: address + 0x1000,
    end: address + 0x9000,
  },
  ...{ fixed: false, isExecutable: false, isLinker: false, firstNumber: 0, functions: [], needed: [] },
  area: { address, size: 0x1000 },
  imports: targets.map((target, index) => importing(index, target)),
};

/** Where code at an address jumps to. */
function followed(area: Buffer, at: number): number {
  const offset = at - address;
  if (area.readUInt8(offset) === 0xe9) return at + 5 + area.readInt32LE(offset + 1);
  expect(area.subarray(offset, offset + 6).toString('hex')).toBe('ff2502000000');
  return Number(area.readBigUInt64LE(offset + 8));
}

test('each call leads to its function, and only what is far takes 16 bytes', () => {
  const { modules } = filledAtStart.wire({ modules: [module], base: address });
  const { area, landings } = present(modules[0], 'wiring');
  const entries = module.imports.map(({ slot }) => present(landings.get(slot)?.code, 'entry'));
  expect(entries.map((at) => followed(area, at))).toEqual(targets);
  expect(area.length).toBe(3 * 8 + 2 * 16);
  expect(entries.map((at) => at - address)).toEqual([0, 24, 8, 40, 16]);
});

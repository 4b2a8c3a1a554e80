/** The offset table on paper: what it holds for modules of one block and of several. */
import { describe, expect, test } from 'vitest';
import type { WiredModule } from '../../src/calls/call-scheme.ts';
import { literalFormat, wideFormat } from '../../src/systems/offset-table/formats.ts';
import { masking } from '../../src/systems/offset-table/masked-calls.ts';
import { globalSlots } from '../../src/systems/offset-table/offset-table-calls.ts';
import { Refusal } from '../../src/util/errors.ts';

const mebibyte = 2 ** 20;

describe.each([
  ['literal', literalFormat, 256, 0x2000_0000],
  ['wide', wideFormat, 2048, 0x1000_8000_0000],
] as const)('on paper, %s', (_, format, places, base) => {
  const module = (name: string, place: number, blocks: number, firstNumber: number): WiredModule => ({
    ...{ path: `/lib/${name}`, name, fixed: false, isExecutable: false, isLinker: false, firstNumber },
    bias: base + place * mebibyte + 0x1000,
    start: base + place * mebibyte + 0x1000,
    end: base + (place + blocks) * mebibyte,
    area: { address: base + place * mebibyte, size: 0x1000 },
    ...{ functions: [0x100, 0x200], imports: [], needed: [] },
  });
  const importing = (each: WiredModule, definer: number, target: number): WiredModule => ({
    ...each,
    imports: [{ slot: 0x3000, symbol: 'f', target, definer, functionIndex: 1, sites: [] }],
  });
  const one = importing(module('one', 3, 3, 5), 1, 0x1111);
  const two = module('two', 6, 1, 9);
  const fixed = importing(
    { ...module('fixed', 0, 1, 0), fixed: true, start: 0x40_0000, end: 0x50_0000 },
    1,
    1,
  );
  const program = { base, modules: [one, two, fixed] };
  const wordsOf = (bytes: Buffer): number[] =>
    Array.from({ length: bytes.length / 8 }, (_, index) => Number(bytes.readBigUInt64LE(index * 8)));

  test('an entry for each block, with the address of the module’s slots', () => {
    const { tables, modules } = masking(format).wire(program);
    const [table, ...more] = tables;
    expect(more).toEqual([]);
    expect(table).toMatchObject({ address: base, protection: 1 });
    const words = wordsOf(table!.bytes);
    const slots = base + places * 8;
    const entries = [...words.slice(0, places).entries()].filter(([, word]) => word !== 0);
    expect(entries).toEqual([...[3, 4, 5].map((place) => [place, slots + 5 * 8]), [6, slots + 9 * 8]]);
    expect([...words.slice(places).entries()].filter(([, word]) => word !== 0)).toEqual([[5, 0x1111]]);
    expect(modules[2]).toMatchObject({ landings: new Map() });
    expect(modules[2]!.area).toHaveLength(0);
  });

  test('global: a function has one slot, whoever calls it', () => {
    const other = importing({ ...two, path: '/lib/other' }, 1, 0x1111);
    const wiring = globalSlots(format).wire({ base, modules: [one, two, other] });
    const words = [0, 2].map((index) => wiring.modules[index]!.landings.get(0x3000)!.word);
    expect(words).toEqual([base + (places + 10) * 8, base + (places + 10) * 8]);
    expect(wordsOf(wiring.tables[0]!.bytes)[places + 10]).toBe(0x1111);
  });

  test('more slots than two blocks hold', () => {
    const far = importing({ ...one, firstNumber: (2 * mebibyte) / 8 }, 1, 1);
    expect(() => masking(format).wire({ base, modules: [far, two] })).toThrow(
      new Refusal('it has more import slots than 2 blocks hold'),
    );
  });
});

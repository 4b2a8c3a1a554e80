/** The forms of PLT slots, each by its bytes: not all are written by the linker of this machine. */
import { expect, test } from 'vitest';
import type { Relocation, Section } from '../../src/elf/elf-file.ts';
import { readPlt } from '../../src/elf/plt.ts';
import { R_X86_64 } from '../../src/machine/relocations.ts';

const address = 0x1000;
const gotSlot = 0x4000;

/** One slot of 16 bytes, whose jump comes after `prefix` and goes through `gotSlot`. */
function slotBytes(prefix: number[], slot: number): Buffer {
  const bytes = Buffer.alloc(16, 0x90);
  bytes.set([...prefix, 0xff, 0x25]); // jmp *rel(%rip)
  bytes.writeInt32LE(slot - (address + prefix.length + 6), prefix.length + 2);
  return bytes;
}

function slots(bytes: Buffer, name: string, type: number = R_X86_64.JUMP_SLOT, symbol = 7) {
  const section = { name, type: 1, address, offset: 0, size: bytes.length } as Section;
  const relocation: Relocation = { table: 'jmprel', address: gotSlot, type, symbol, addend: 0 };
  return readPlt('the-file', bytes, [section], [relocation]);
}

const endbr64 = [0xf3, 0x0f, 0x1e, 0xfa];
const bnd = [0xf2];
const moveToR11 = [0x41, 0xbb, 1, 0, 0, 0]; // mov $1,%r11d

test.each([
  ['plain', '.plt', []],
  ['bnd', '.plt.sec', bnd],
  ['endbr64', '.plt.sec', endbr64],
  ['endbr64 and bnd', '.plt.sec', [...endbr64, ...bnd]],
  ['endbr64 and a number, as mold', '.plt', [...endbr64, ...moveToR11]],
])('%s', (_, section, prefix) => {
  expect(slots(slotBytes(prefix, gotSlot), section)).toEqual([
    { section, address, size: 16, gotSlot, symbol: 7 },
  ]);
});

test('short slots of .plt.got', () => {
  const bytes = slotBytes([], gotSlot).subarray(0, 8);
  bytes.set([0x66, 0x90], 6); // xchg %ax,%ax
  expect(slots(bytes, '.plt.got')).toEqual([{ section: '.plt.got', address, size: 8, gotSlot, symbol: 7 }]);
});

test('an indirect function has no symbol', () => {
  expect(slots(slotBytes([], gotSlot), '.plt', R_X86_64.IRELATIVE, 0)).toMatchObject([{ symbol: 0 }]);
});

test('a jump through anything else is no slot', () => {
  expect(slots(slotBytes([], gotSlot + 8), '.plt')).toEqual([]);
  expect(slots(slotBytes([], gotSlot), '.plt', R_X86_64.RELATIVE, 0)).toEqual([]);
  expect(slots(slotBytes([], gotSlot), '.text')).toEqual([]);
});

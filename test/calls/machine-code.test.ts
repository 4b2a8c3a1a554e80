/** Every piece of machine code that systems write, against what objdump reads in it; and how far each reaches. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as code from '../../src/calls/machine-code.ts';
import { disassemble } from './disassemble.ts';

const at = 0x7000_0000_0000;

/** With what objdump must say of each. */
const encoders: readonly (readonly [string, Buffer, string])[] = [
  ['jumpNear', code.jumpNear(at, at + 0x1234), 'jmp 0x700000001234'],
  ['jumpNear back', code.jumpNear(at, at - 0x1234), 'jmp 0x6fffffffedcc'],
  ['moveR11', code.moveR11(42), 'mov $0x2a,%r11d'],
  ['moveR11, the largest', code.moveR11(0xffff_ffff), 'mov $0xffffffff,%r11d'],
  ['moveR11Wide', code.moveR11Wide(0x1fff_ffff_ffff), 'movabs $0x1fffffffffff,%r11'],
  ['moveR11Wide, small', code.moveR11Wide(1), 'movabs $0x1,%r11'],
  ['storeInRedZone', code.storeInRedZone(0x118), 'movl $0x118,-0x8(%rsp)'],
  ['jumpThroughR11', code.jumpThroughR11(), 'jmp *(%r11)'],
  ['jumpThroughLow', code.jumpThroughLow(0x7000_0000), 'jmp *0x70000000'],
  ['jumpThroughLow, the highest', code.jumpThroughLow(0x7fff_ffff), 'jmp *0x7fffffff'],
  ['jumpThroughLowTable', code.jumpThroughLowTable(0x7000_2000), 'jmp *0x70002000(,%r11,8)'],
  ['jumpThroughGs', code.jumpThroughGs(0x4008), 'jmp *%gs:0x4008'],
  ['countLow', code.countLow(0x7000_1000), 'lock incq 0x70001000'],
  ['undefinedInstruction', code.undefinedInstruction(), 'ud2'],
];

/** As their comments say. */
const sizes: Readonly<Record<string, number>> = {
  ...{ jumpNear: 5, moveR11: 6, moveR11Wide: 10, jumpThroughR11: 3, jumpThroughLow: 7 },
  ...{ jumpThroughLowTable: 8, jumpThroughGs: 8, countLow: 9, undefinedInstruction: 2, storeInRedZone: 8 },
};

test.each(encoders)('%s', (name, bytes, text) => {
  const size = sizes[name.replace(/[, ].*/, '')];
  expect(disassemble(bytes, at)).toEqual([expect.objectContaining({ address: at, size, text })]);
});

test('jumpWide: through the word behind it, in 16 bytes', () => {
  const bytes = code.jumpWide(0x1fff_ffff_ffff);
  expect(bytes).toHaveLength(16);
  expect(disassemble(bytes.subarray(0, 8), at)).toMatchObject([
    { text: 'jmp *0x2(%rip)', target: at + 8 },
    { text: 'xchg %ax,%ax' },
  ]);
  expect(bytes.readBigUInt64LE(8)).toBe(0x1fff_ffff_ffffn);
});

test('saveFlags, restoreFlags', () => {
  const texts = (bytes: Buffer): string[] => disassemble(bytes, at).map(({ text }) => text);
  expect(texts(code.saveFlags())).toEqual(['mov %rax,-0x20(%rsp)', 'lahf', 'seto %al']);
  expect(texts(code.restoreFlags())).toEqual(['add $0x7f,%al', 'sahf', 'mov -0x20(%rsp),%rax']);
});

test('jumpThrough: through the word that is asked for, in 6 bytes', () => {
  for (const word of [at + 0x2000, at - 0x2000, at + 6]) {
    const [jump, ...more] = disassemble(code.jumpThrough(at, word), at);
    expect(jump).toMatchObject({ size: 6, target: word });
    expect(jump!.text).toMatch(/^jmp \*-?0x[0-9a-f]+\(%rip\)$/);
    expect(more).toEqual([]);
  }
});

describe('reach', () => {
  const highest = 0x7fff_ffff;
  const lowest = -0x8000_0000;
  const borders = [
    [highest, true],
    [highest + 1, false],
    [lowest, true],
    [lowest - 1, false],
  ] as const;

  test.each(borders)('a displacement of %i: %s', (distance, near) => {
    const end = at + 5;
    expect(code.isNear(end, end + distance)).toBe(near);
    const encode = [
      [() => code.jumpNear(at, end + distance), end + distance],
      [() => code.jumpThrough(at - 1, end + distance), end + distance],
    ] as const;
    for (const [encoded, target] of encode)
      if (near) expect(disassemble(encoded(), target - distance - encoded().length)[0]!.target).toBe(target);
      else expect(encoded).toThrow(/is out of reach from 0x/);
  });

  test('what names memory by 32 bits does not go beyond 2 GiB', () => {
    for (const encode of [code.jumpThroughLow, code.jumpThroughLowTable, code.jumpThroughGs, code.countLow])
      expect(() => encode(0x8000_0000)).toThrow('0x80000000 is not below 2 GiB');
  });

  test('numbers that 32 bits do not hold', () => {
    for (const value of [-1, 2 ** 32]) expect(() => code.moveR11(value)).toThrow(RangeError);
    expect(() => code.jumpThroughLow(-1)).toThrow(RangeError);
  });

  test('objdump finds the target of every jump', () => {
    const distances = fc.integer({ min: lowest, max: highest });
    fc.assert(
      fc.property(distances, (distance) => {
        const target = at + 5 + distance;
        expect(disassemble(code.jumpNear(at, target), at)[0]!.target).toBe(target);
      }),
      { numRuns: 20 },
    );
  });
});

test('padded: int3 to the end, and never longer', () => {
  const lines = disassemble(code.padded(8, code.jumpThroughR11(), code.undefinedInstruction()), at);
  expect(lines.map(({ text }) => text)).toEqual(['jmp *(%r11)', 'ud2', 'int3', 'int3', 'int3']);
  expect(code.padded(3, code.jumpThroughR11())).toEqual(code.jumpThroughR11());
  expect(() => code.padded(2, code.jumpThroughR11())).toThrow('3 bytes of code where 2 fit');
});

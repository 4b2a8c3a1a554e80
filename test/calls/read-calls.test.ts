/** Call sites of small modules, as compilers and linkers make them, against objdump; and of what must be left alone. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CallSiteKind } from '../../src/calls/module-calls.ts';
import { readCalls } from '../../src/calls/read-calls.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { decodeElf, readElf } from '../../src/elf/read-elf.ts';
import { workshop } from '../program/workshop.ts';
import { compareCalls } from './judge.ts';

const shop = workshop();

/** Calls, tail calls, a function that is called and whose address is taken, TLS, an IFUNC, and what is no site. */
const module = `
int imported(int), other(int);
extern int variable;
extern __thread int local;
int twice(int x) { return imported(x) + imported(x + 1); }
int tail(int x) { return other(x + variable); }
int taken(int x) { other(x); return other == imported ? 1 : 2; }
int thread_local(void) { return ++local; }
static int (*pointer)(int) = other;
void change(int (*to)(int)) { pointer = to; }
int through_pointer(int x) { return pointer(x) + 1; }
static int chosen(void) { return 3; }
static int (*choose(void))(void) { return chosen; }
static int indirect(void) __attribute__((ifunc("choose")));
static int (*indirect_pointer)(void) = indirect;
void change_indirect(int (*to)(void)) { indirect_pointer = to; }
int call_indirect(void) { return indirect() + indirect_pointer(); }
`;

/** A function in assembly; with or without an entry in .eh_frame. */
function assembly(name: string, body: string, unwind = true): string {
  const [begin, end] = unwind ? ['.cfi_startproc', '.cfi_endproc'] : ['', ''];
  return `asm(".text\\n.globl ${name}\\n.type ${name},@function\\n${name}:\\n${begin}\\n${body}\\nret\\n${end}\\n.size ${name}, .-${name}\\n");`;
}

function kinds(file: string): CallSiteKind[] {
  return readCalls(readElf(file)).sites.map(({ kind }) => kind);
}

/** Names of the symbols of a file's slots. */
function slotNames(elf: ElfFile): string[] {
  return [...readCalls(elf).slots.values()].map((index) => elf.symbols.at(index).name);
}

const variants: Record<string, readonly string[]> = {
  'lazy': ['-Wl,-z,lazy'],
  'now': ['-Wl,-z,now'],
  'no PLT': ['-fno-plt'],
  'IBT': ['-fcf-protection', '-Wl,-z,ibtplt,-z,lazy'],
  'IBT, now': ['-fcf-protection', '-Wl,-z,ibtplt,-z,now'],
  'IBT, no PLT': ['-fcf-protection', '-fno-plt'],
  'large sections': ['-ffunction-sections'],
  'gold': ['-fuse-ld=gold'],
  'TLS descriptors': ['-mtls-dialect=gnu2'],
}; // prettier-ignore

describe('as objdump shows them', () => {
  test.each(Object.entries(variants))('%s', (name, flags) => {
    const file = shop.library(`${name}.so`, module, '-O2', ...flags);
    const { differences, sites, left } = compareCalls(file);
    expect(differences).toEqual([]);
    expect(left.undecodable).toBe(0);
    const total = Object.values(sites).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(5);
  });

  test('an executable at fixed addresses', () => {
    const library = shop.library('libfixed.so', 'int imported(int x) { return x; }');
    const file = shop.program(
      'fixed',
      'int imported(int); int main(int c, char **v) { return imported(c); }',
      ...['-O2', '-no-pie', library],
    );
    expect(compareCalls(file)).toMatchObject({ differences: [], sites: { jump: 1 } });
  });
});

test('each kind, in order', () => {
  expect(kinds(shop.library('lazy-kinds.so', module, '-O2', '-Wl,-z,lazy'))).toEqual([
    ...['call', 'call', 'jump', 'call', 'call', 'call'],
  ]);
  expect(kinds(shop.library('no-plt-kinds.so', module, '-O2', '-fno-plt'))).toEqual([
    ...['slot-call', 'slot-call', 'slot-jump', 'slot-call', 'slot-call', 'slot-call'],
  ]);
});

describe('slots', () => {
  const isNamed = (name: string): boolean => !/^(_|$)/.test(name);

  test('are those of functions; words of the program are none', () => {
    const definitions = `int imported(int x) { return x; } int other(int x) { return x; }
      int variable; __thread int local;`;
    const library = shop.library('libdefinitions.so', definitions);
    const names = slotNames(readElf(shop.library('slots.so', module, '-O2', library)));
    expect(names.filter(isNamed).sort()).toEqual(['imported', 'other']);
    // One IFUNC in a slot; the pointer with its address is a variable.
    expect(names.filter((name) => name === '')).toHaveLength(1);
  });

  test('of symbols that were linked without their library may be anything', () => {
    const names = slotNames(readElf(shop.library('untyped.so', module, '-O2')));
    expect(names.filter(isNamed).sort()).toEqual(['imported', 'other', 'variable']);
  });
});

test('without section headers the jumps of PLT slots are sites themselves', () => {
  const bytes = readFileSync(shop.library('sections.so', module, '-O2', '-Wl,-z,lazy'));
  const { plt } = readCalls(decodeElf(bytes, 'the-file'));
  const without = Buffer.from(bytes);
  without.fill(0, 40, 48); // e_shoff
  without.fill(0, 60, 64); // e_shnum, e_shstrndx
  const bare = readCalls(decodeElf(without, 'the-file'));
  expect(bare.plt).toEqual([]);
  const slots = bare.sites.map(({ kind, slot }) => [kind, slot] as const);
  const expected = plt.filter(({ symbol }) => symbol !== 0).map(({ gotSlot }) => ['slot-jump', gotSlot]);
  expect(slots.sort()).toEqual(expected.sort());
});

test('a function that is called and whose address is taken has a short PLT slot', () => {
  const elf = readElf(shop.library('short.so', module, '-O2', '-Wl,-z,lazy'));
  const { plt, sites } = readCalls(elf);
  const short = plt.filter(({ size }) => size === 8).map(({ gotSlot }) => gotSlot);
  expect(short.length).toBeGreaterThanOrEqual(2);
  expect(sites.filter(({ slot }) => short.includes(slot)).length).toBeGreaterThanOrEqual(3);
});

test('conditional tail jumps', () => {
  const source = assembly('maybe', 'test %edi, %edi\\njne imported@PLT\\njs other@PLT');
  const file = shop.library('conditional.so', source);
  expect(kinds(file)).toEqual(['conditional-jump', 'conditional-jump']);
  expect(compareCalls(file).differences).toEqual([]);
});

describe('prefixes', () => {
  const sizes = (name: string, body: string): number[] => {
    const { sites } = readCalls(readElf(shop.library(`${name}.so`, assembly('prefixed', body))));
    return sites.map(({ size }) => size);
  };

  test('that change nothing belong to the site', () => {
    expect(sizes('bnd', 'bnd call imported@PLT\\nbnd jmp imported@PLT')).toEqual([6, 6]);
    expect(sizes('notrack', 'notrack jmp *imported@GOTPCREL(%rip)')).toEqual([7]);
    expect(sizes('addr32', '.byte 0x67\\ncall imported@PLT')).toEqual([6]);
    expect(sizes('wide', '.byte 0x66, 0x66, 0x48\\ncall imported@PLT')).toEqual([8]);
    expect(sizes('wide-slot', '.byte 0x66, 0x48\\ncall *imported@GOTPCREL(%rip)')).toEqual([8]);
  });

  test.each([
    ['another segment', '.byte 0x64\\ncall *imported@GOTPCREL(%rip)'],
    ['an operand of 32 bits', '.byte 0x67\\ncall *imported@GOTPCREL(%rip)'],
    ['a displacement of 16 bits on AMD', '.byte 0x66\\ncall imported@PLT'],
    ['one without a meaning here', '.byte 0xf3\\ncall imported@PLT'],
  ])('%s: left alone', (name, body) => {
    const file = shop.library(`${name}.so`, assembly('prefixed', body));
    const { sites, left } = readCalls(readElf(file));
    expect(sites).toEqual([]);
    expect(left.unreached).toBeGreaterThanOrEqual(1);
  });
});

describe('left alone', () => {
  /** Beside what the compiler's own start-up code has. */
  const others = readCalls(readElf(shop.library('others.so', 'int nothing;'))).left.unreached;

  test('a function with data in its middle, wholly', () => {
    const junk = 'call imported@PLT\\njmp 1f\\n.byte 0x06, 0x0e, 0x16\\n1: call other@PLT';
    const source = `${assembly('junk', junk)} int imported(int); int plain(int x) { return imported(x) + 1; }`;
    const { sites, left } = readCalls(readElf(shop.library('junk.so', source)));
    expect(sites.map(({ kind }) => kind)).toEqual(['call']);
    expect(left).toEqual({ undecodable: 2, unreached: others });
  });

  test('code without an entry in .eh_frame', () => {
    const source = assembly('unknown', 'call imported@PLT\\njmp *other@GOTPCREL(%rip)', false);
    const { sites, left } = readCalls(readElf(shop.library('unknown.so', source)));
    expect(sites).toEqual([]);
    expect(left).toEqual({ undecodable: 0, unreached: others + 2 });
  });

  test('the middle of an instruction', () => {
    // mov $…, %rax with a call in its constant: objdump sees none, either.
    const source = assembly('middle', '.byte 0x48, 0xb8\\ncall imported@PLT\\n.byte 0, 0, 0');
    const file = shop.library('middle.so', source);
    expect(readCalls(readElf(file))).toMatchObject({ sites: [], left: { unreached: others + 1 } });
    expect(compareCalls(file).differences).toEqual([]);
  });
});

test('an answer is kept', () => {
  const elf = readElf(shop.library('kept.so', module));
  expect(readCalls(elf)).toBe(readCalls(elf));
});

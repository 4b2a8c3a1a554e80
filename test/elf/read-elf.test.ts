/** What readelf cannot judge: files without section headers, addends of RELR, look-ups, refusals. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ElfFile, Relocation } from '../../src/elf/elf-file.ts';
import { readElfHeader } from '../../src/elf/header.ts';
import { decodeElf, readElf } from '../../src/elf/read-elf.ts';
import { relocationName } from '../../src/machine/relocations.ts';
import { symbolName } from '../../src/elf/symbol-name.ts';
import { ElfError } from '../../src/util/errors.ts';
import { compile, everything, fixturePath } from './fixture.ts';

const library = ['-shared', '-fPIC'];

/** The bytes of a file, without its section headers. */
function withoutSections(file: string): Buffer {
  const bytes = readFileSync(file);
  bytes.fill(0, 40, 48); // e_shoff
  bytes.fill(0, 58, 64); // e_shentsize, e_shnum, e_shstrndx
  return bytes;
}

const allSymbols = ({ symbols }: ElfFile) => Array.from({ length: symbols.count }, (_, i) => symbols.at(i));

describe('without section headers', () => {
  test.each(['gnu', 'sysv'])('everything but the PLT is the same, with %s hashes', (style) => {
    const file = compile(`bare-${style}`, everything, ...library, `-Wl,--hash-style=${style}`);
    const [whole, bare] = [readElf(file), decodeElf(withoutSections(file), file)];
    expect(bare.sections).toEqual([]);
    expect(bare.plt).toEqual([]);
    expect(whole.plt.length).toBeGreaterThan(0);
    expect(allSymbols(bare)).toEqual(allSymbols(whole));
    expect(bare.relocations).toEqual(whole.relocations);
    expect(bare.functionRanges).toEqual(whole.functionRanges);
    expect(bare.dynamic).toEqual(whole.dynamic);
  });

  test('an executable that defines nothing has the symbols of its relocations', () => {
    const file = compile(
      'importer',
      'int puts(const char *); int main(void) { return puts("x"); }',
      '-pie',
      '-fPIE',
    );
    const bare = decodeElf(withoutSections(file), file);
    expect(allSymbols(bare).map(({ name }) => name)).toContain('puts');
  });
});

describe('relocations', () => {
  test('RELR gives the addresses and addends that RELA would', () => {
    const packed = compile('packed', everything, ...library, '-Wl,-z,pack-relative-relocs');
    const plain = compile('plain', everything, ...library);
    // The linker lays the two files out differently: what the relocations make of the array of pointers counts.
    expect(pointerShape(readElf(packed))).toEqual(pointerShape(readElf(plain)));
    expect(readElf(packed).relocations.some(({ table }) => table === 'relr')).toBe(true);
    expect(readElf(plain).relocations.some(({ table }) => table === 'relr')).toBe(false);
  });

  test('stand in the order in which ld.so applies them', () => {
    const { relocations } = readElf(
      compile('order', everything, ...library, '-Wl,-z,pack-relative-relocs,-z,lazy'),
    );
    const tables = relocations.map(({ table }) => table).filter((table, i, all) => table !== all[i - 1]);
    expect(tables).toEqual(['relr', 'rela', 'jmprel']);
  });

  test('have the names of the psABI', () => {
    expect([8, 36, 38, 1000].map(relocationName)).toEqual([
      'R_X86_64_RELATIVE',
      'R_X86_64_TLSDESC',
      'R_X86_64_RELATIVE64',
      'type 1000',
    ]);
  });
});

/** Slots of `pointers` that a relative relocation fills, and the distance of what they point to from the array. */
function pointerShape({ symbols, relocations }: ElfFile): (readonly [number, number])[] {
  const { value, size } = symbols.at(symbols.find(symbolName('pointers'), () => true));
  const inside = relocations.filter(
    ({ address, symbol }: Relocation) => address >= value && address < value + size && symbol === 0,
  );
  return inside.map(({ address, addend }) => [(address - value) / 8, addend - inside[0]!.addend] as const);
}

describe('symbols', () => {
  const versioned = `
    int old(void) { return 1; }
    int new(void) { return 2; }
    __asm__(".symver old,f@V1\\n.symver new,f@@V2");
  `;
  let elf: ElfFile;
  beforeAll(() => {
    const script = fixturePath('versions.map');
    writeFileSync(script, 'V1 { local: old; new; };\nV2 { } V1;\n');
    elf = readElf(compile('versioned', versioned, ...library, `-Wl,--version-script=${script}`));
  });

  test('each candidate with the name is offered', () => {
    const seen: string[] = [];
    const none = elf.symbols.find(symbolName('f'), (index) => {
      const { version } = elf.symbols.at(index);
      seen.push(`${version?.name}${version?.hidden ? ' hidden' : ''}`);
      return false;
    });
    expect(none).toBe(0);
    expect(seen.sort()).toEqual(['V1 hidden', 'V2']);
  });

  test('versions have the ELF hash of their name', () => {
    const index = elf.symbols.find(symbolName('f'), () => true);
    const { version } = elf.symbols.at(index);
    expect(version!.hash).toBe(symbolName(version!.name).sysvHash);
  });

  test('what is not defined is not found', () => {
    const program = readElf(compile('undefined', everything, ...library));
    for (const name of ['puts', 'nothing', 'exporte', 'exportedd', ''])
      expect(program.symbols.find(symbolName(name), () => true)).toBe(0);
  });

  test('an index out of range is an ElfError', () => {
    expect(() => elf.symbols.at(elf.symbols.count)).toThrow(ElfError);
    expect(() => elf.symbols.at(-1)).toThrow(ElfError);
  });
});

test('the TLS template', () => {
  const { tls } = readElf(compile('tls', everything, ...library));
  expect(tls).toMatchObject({ fileSize: 4, alignment: 16 });
  expect(tls!.memorySize).toBeGreaterThanOrEqual(104);
});

test('PLT slots jump through the slot that the relocation of their symbol fills', () => {
  const elf = readElf(compile('slots', everything, ...library, '-fcf-protection', '-Wl,-z,ibtplt,-z,lazy'));
  const free = elf.plt.find(({ symbol }) => symbol !== 0 && elf.symbols.at(symbol).name === 'free')!;
  expect(free.section).toBe('.plt.sec');
  const relocation = elf.relocations.find(({ address }) => address === free.gotSlot)!;
  expect(elf.symbols.at(relocation.symbol).name).toBe('free');
});

test('a file of debugging information has empty tables', () => {
  const file = compile('debug', everything, '-g', '-pie', '-fPIE');
  const debug = fixturePath('debug.debug');
  execFileSync('objcopy', ['--only-keep-debug', file, debug]);
  const elf = readElf(debug);
  expect(elf.dynamic).toBeUndefined();
  expect(elf.buildId).toBe(readElf(file).buildId);
  expect([elf.symbols.count, elf.relocations, elf.plt, elf.functionRanges]).toEqual([0, [], [], []]);
});

describe('files that are not read', () => {
  const fail = (bytes: Buffer) => () => decodeElf(bytes, 'the-file');
  const changed = (at: number, value: number) => {
    const bytes = readFileSync('/proc/self/exe').subarray(0, 4096);
    bytes[at] = value;
    return bytes;
  };

  test.each<[string, () => Buffer, string]>([
    ['text', () => Buffer.from('#!/bin/sh\n'), 'the-file: ELF header at offset 0x0: not an ELF file'],
    ['nothing', () => Buffer.alloc(0), 'the-file: ELF header at offset 0x0: not an ELF file'],
    ['a header alone', () => changed(0, 0x7f).subarray(0, 40), 'truncated: 64 bytes expected'],
    ['AArch64', () => changed(18, 183), 'made for AArch64, not x86-64'],
    ['32 bits', () => changed(4, 1), '32-bit file (ELFCLASS32)'],
    ['no class', () => changed(4, 7), 'the-file: ELF header at offset 0x4: unknown class 7'],
    ['no byte order', () => changed(5, 0), 'the-file: ELF header at offset 0x5: unknown byte order 0'],
    [
      'strange program headers',
      () => changed(54, 57),
      'the-file: program headers at offset 0x40: e_phentsize is 57',
    ],
  ])('%s', (_, bytes, message) => {
    expect(fail(bytes())).toThrow(ElfError);
    expect(fail(bytes())).toThrow(message);
  });

  test('no file', () => {
    expect(() => readElf('/proc/nonexistent')).toThrow(
      '/proc/nonexistent: file: cannot be read: no such file or directory',
    );
  });

  test('the header of a big-endian file', () => {
    const bytes = Buffer.alloc(52);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1]);
    bytes.writeUInt16BE(2, 16);
    bytes.writeUInt16BE(20, 18);
    bytes.writeUInt32BE(0x10000, 24);
    expect(readElfHeader(bytes, 'the-file')).toMatchObject({
      class: 32,
      byteOrder: 'big',
      type: 2,
      machine: 20,
      entry: 0x10000,
    });
  });
});

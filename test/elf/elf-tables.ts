/** An ElfFile as the canonical lines of `readelf-tables.ts`. */
import { DT, ET, nameOfConstant, PT, SHN } from '../../src/elf/constants.ts';
import type { ElfFile, ElfHeader, ElfSymbol } from '../../src/elf/elf-file.ts';
import { relocationName } from '../../src/machine/relocations.ts';
import type { Tables } from './readelf-tables.ts';

const hex = (value: number): string => (value < 0 ? `-${(-value).toString(16)}` : value.toString(16));

export function elfTables(elf: ElfFile): Tables {
  return {
    header: headerLines(elf.header),
    segments: elf.segments.map((segment) => {
      const { offset, address, fileSize, memorySize, alignment } = segment;
      const flags = ['R', 'W', 'E'].filter((_, bit) => (segment.flags & (4 >> bit)) !== 0).join('');
      return [
        nameOfConstant(PT, segment.type),
        ...[offset, address, fileSize, memorySize].map(hex),
        flags,
        hex(alignment),
      ].join(' ');
    }),
    interpreter: elf.interpreter === undefined ? [] : [elf.interpreter],
    sections: elf.sections.map((section) => {
      const { name, address, offset, size, entrySize, link, info, alignment, flags } = section;
      const type =
        sectionTypes.get(section.type) ?? `LOOS+0x${hex(section.type - 0x60000000).padStart(7, '0')}`;
      return [
        name,
        type,
        ...[address, offset, size, entrySize].map(hex),
        link,
        info,
        alignment,
        hex(flags),
      ].join(' ');
    }),
    dynamic: dynamicLines(elf),
    symbols: Array.from({ length: elf.symbols.count }, (_, index) => symbolLine(elf.symbols.at(index))),
    notes: elf.notes
      .map(({ name, descriptor, type }) => {
        const buildId = name === 'GNU' && type === 3 ? descriptor.toString('hex') : '';
        return `${name} ${hex(descriptor.length)} ${buildId}`;
      })
      .sort(),
    relr: elf.relocations.filter(({ table }) => table === 'relr').map(({ address }) => hex(address)),
    ...Object.fromEntries(
      (['rela', 'rel', 'jmprel'] as const).map((table) => [table, relocationLines(elf, table)]),
    ),
    pltJumps: elf.plt.map(({ gotSlot }) => hex(gotSlot)).sort(),
    plt: elf.plt
      .map(({ address, symbol }) => `${hex(address)} ${symbol === 0 ? '*ABS*' : elf.symbols.at(symbol).name}`)
      .sort(),
    functionRanges: elf.functionRanges.map(({ address, size }) => `${hex(address)} ${hex(size)}`),
  };
}

export function headerLines(header: ElfHeader): string[] {
  return [
    `Class ELF${header.class}`,
    `Type ${nameOfConstant(ET, header.type)}`,
    `Entry point address 0x${hex(header.entry)}`,
    `Start of program headers ${header.programHeaderOffset}`,
    `Start of section headers ${header.sectionHeaderOffset}`,
    `Flags 0x${hex(header.flags)}`,
    `Size of program headers ${header.programHeaderSize}`,
    `Number of program headers ${header.programHeaderCount}`,
    `Size of section headers ${header.sectionHeaderSize}`,
    `Number of section headers ${header.sectionHeaderCount}`,
    `Section header string table index ${header.sectionNamesIndex}`,
    `Machine ${header.machine === 62 ? 62 : 'foreign'}`,
  ];
}

/** The versions that the symbols have: `index name file weak`. */
export function usedVersions(elf: ElfFile): Set<string> {
  const used = new Set<string>();
  for (let index = 0; index < elf.symbols.count; index++) {
    const { version, versionIndex } = elf.symbols.at(index);
    if (version) used.add(`${versionIndex} ${version.name} ${version.file ?? '-'} ${version.weak}`);
  }
  return used;
}

/** Tags whose value readelf shows in words; the last two are DT_AUXILIARY and DT_FILTER, names of files. */
const worded = new Set<number>([DT.PLTREL, DT.FLAGS, DT.FLAGS_1, DT.BIND_NOW, 0x7ffffffd, 0x7fffffff]);

function dynamicLines({ dynamic }: ElfFile): string[] {
  if (dynamic === undefined) return [];
  const needed = [...dynamic.needed];
  const value = (tag: number, raw: bigint): string => {
    if (tag === DT.NEEDED) return needed.shift() ?? '';
    if (tag === DT.SONAME) return dynamic.soname ?? '';
    if (tag === DT.RPATH) return dynamic.rpath ?? '';
    if (tag === DT.RUNPATH) return dynamic.runpath ?? '';
    return worded.has(tag) ? '-' : `0x${raw.toString(16)}`;
  };
  return dynamic.entries.map((entry) => `${hex(entry.tag)} ${value(entry.tag, entry.value)}`);
}

function symbolLine(symbol: ElfSymbol): string {
  const { index, value, size, type, binding, visibility, sectionIndex, name } = symbol;
  const words = [
    symbolTypes.get(type),
    symbolBindings.get(binding),
    visibilities[visibility],
    sectionWord(sectionIndex),
  ];
  return [index, hex(value), size, ...words, type === 3 ? '' : name + versionText(symbol)].join(' ');
}

/** readelf shows no version of the symbols that are named like their version. */
function versionText({ name, version, versionIndex }: ElfSymbol): string {
  if (version === undefined || version.name === name) return '';
  if (version.file !== undefined) return `@${version.name} (${versionIndex})`;
  return `${version.hidden ? '@' : '@@'}${version.name}`;
}

function sectionWord(index: number): string {
  if (index === SHN.UNDEF) return 'UND';
  if (index === SHN.ABS) return 'ABS';
  return index === SHN.COMMON ? 'COM' : String(index);
}

function relocationLines(elf: ElfFile, table: string): string[] {
  return elf.relocations
    .filter((relocation) => relocation.table === table)
    .map(({ address, type, symbol, addend }) => {
      const info = ((BigInt(symbol) << 32n) | BigInt(type)).toString(16);
      return `${hex(address)} ${info} ${relocationName(type)} ${hex(addend)}`;
    });
}

const visibilities = ['DEFAULT', 'INTERNAL', 'HIDDEN', 'PROTECTED'];
const symbolBindings = new Map([
  [0, 'LOCAL'],
  [1, 'GLOBAL'],
  [2, 'WEAK'],
  [10, 'UNIQUE'],
]);
const symbolTypes = new Map([
  [0, 'NOTYPE'],
  [1, 'OBJECT'],
  [2, 'FUNC'],
  [3, 'SECTION'],
  [4, 'FILE'],
  [5, 'COMMON'],
  [6, 'TLS'],
  [10, 'IFUNC'],
]);
/** readelf's words for sh_type. */
const sectionTypes = new Map([
  [0, 'NULL'],
  [1, 'PROGBITS'],
  [2, 'SYMTAB'],
  [3, 'STRTAB'],
  [4, 'RELA'],
  [5, 'HASH'],
  [6, 'DYNAMIC'],
  [7, 'NOTE'],
  [8, 'NOBITS'],
  [9, 'REL'],
  [11, 'DYNSYM'],
  [14, 'INIT_ARRAY'],
  [15, 'FINI_ARRAY'],
  [16, 'PREINIT_ARRAY'],
  [17, 'GROUP'],
  [18, 'SYMTAB SECTION INDICES'],
  [19, 'RELR'],
  [0x6ffffff6, 'GNU_HASH'],
  [0x6ffffffd, 'VERDEF'],
  [0x6ffffffe, 'VERNEED'],
  [0x6fffffff, 'VERSYM'],
  [0x70000001, 'X86_64_UNWIND'],
]);

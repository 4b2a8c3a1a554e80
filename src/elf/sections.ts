/** Section headers (gABI chapter 'Sections'). */
import { PN_XNUM, SHN, SHT } from './constants.ts';
import type { ElfHeader, Section } from './elf-file.ts';
import { Table } from './table.ts';

const entrySize = 64;

/** The section headers, in file order, with section 0; empty where the file has none. Throws ElfError. */
export function readSections(path: string, bytes: Buffer, header: ElfHeader): Section[] {
  const first = firstSection(path, bytes, header);
  if (first === undefined) return [];
  const count = header.sectionHeaderCount === 0 ? first.u64(32) : header.sectionHeaderCount;
  const table = new Table(path, bytes, 'section headers', header.sectionHeaderOffset, count * entrySize);
  const namesIndex = header.sectionNamesIndex === SHN.XINDEX ? first.u32(40) : header.sectionNamesIndex;
  const raw = Array.from({ length: count }, (_, index) => sectionAt(table, index * entrySize));
  const names = sectionNames(path, bytes, raw, namesIndex);
  return raw.map((section, index) => ({ ...section, name: names?.text(table.u32(index * entrySize)) ?? '' }));
}

/** The number of program headers: e_phnum, or sh_info of section 0 where it does not fit there. Throws ElfError. */
export function programHeaderCount(path: string, bytes: Buffer, header: ElfHeader): number {
  if (header.programHeaderCount !== PN_XNUM) return header.programHeaderCount;
  return firstSection(path, bytes, header)?.u32(44) ?? PN_XNUM;
}

/** The header of section 0, which has the counts that do not fit in the ELF header. */
function firstSection(path: string, bytes: Buffer, header: ElfHeader): Table | undefined {
  if (header.sectionHeaderOffset === 0) return undefined;
  const table = new Table(path, bytes, 'section headers', header.sectionHeaderOffset, entrySize);
  if (header.sectionHeaderSize !== entrySize)
    throw table.fail(0, `e_shentsize is ${header.sectionHeaderSize}, not ${entrySize}`);
  return table;
}

function sectionAt(table: Table, at: number): Omit<Section, 'name'> {
  return {
    type: table.u32(at + 4),
    flags: table.u64(at + 8),
    address: table.u64(at + 16),
    offset: table.u64(at + 24),
    size: table.u64(at + 32),
    link: table.u32(at + 40),
    info: table.u32(at + 44),
    alignment: table.u64(at + 48),
    entrySize: table.u64(at + 56),
  };
}

function sectionNames(
  path: string,
  bytes: Buffer,
  sections: readonly Omit<Section, 'name'>[],
  index: number,
) {
  const section = sections[index];
  if (index === SHN.UNDEF || section === undefined || section.type === SHT.NOBITS) return undefined;
  return new Table(path, bytes, 'section names', section.offset, section.size);
}

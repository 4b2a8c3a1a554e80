/**
 * Makes a file of pages that processes map an ELF file, so that tools name the functions in it: a page in front, and tables behind
 * all else, which no process maps.
 *
 *   head     ELF header, program headers, at the end of the page a build id (SHA-1 of the file with zeros in its place)
 *   content  as it was, one page later
 *   tables   .symtab, .strtab, .shstrtab, .eh_frame_hdr, section headers
 *
 * Tools translate an address to a place in the file by a process's mappings, and from there to what symbols say by the program
 * headers (perf, bcc, libdwfl) or by the section of the symbol (libbpf): p_vaddr, sh_addr and st_value are the addresses of
 * processes, and agree. Symbols are copied. A debug link would name the module's file, which has its code at other offsets and may be
 * another one by tomorrow, while processes still run this code; and a build id that two files have makes caches of tools (`~/.debug`)
 * take one for the other. Debugging information is not copied: gdb finds it by the list of link maps, which has the modules.
 */
import { createHash } from 'node:crypto';
import { machine } from '../machine/names.ts';
import { present } from '../util/present.ts';
import type { Structure } from '../util/structure.ts';
import { encodeInto } from '../util/structure.ts';
import type { Address, FileOffset } from '../util/units.ts';
import { pageSize, roundUp } from '../util/units.ts';
import { ET, NT_GNU, PF, PT, SHF, SHT } from './constants.ts';
import { elfHeader, noteHeader, sectionHeader, segmentHeader, symbolEntry } from './structures.ts';
import type { FrameIndex } from './frame-index.ts';
import { encodeFrameIndex, frameIndexSize, mergeFrames } from './frame-index.ts';
import type { EncodedSymbols, NamedCode } from './symbol-table.ts';
import { encodeSymbols } from './symbol-table.ts';

/** Bytes before the content. */
export const toolHeadSize = pageSize;

/**
 * Where content begins whose first byte comes to `address`: as far behind a multiple of 64 KiB as that, since processors translate
 * some neighbouring pages as one where both are (AMD APM volume 2, 'Page Table Coalescing').
 */
export function contentStart(address: Address): FileOffset {
  const unit = 16 * pageSize;
  return toolHeadSize + ((address - toolHeadSize) % unit);
}

/** What stands in the file for memory. */
export interface FileRange {
  readonly address: Address;
  readonly length: number;
  readonly offset: FileOffset;
  /** p_flags. */
  readonly flags: number;
}

/** What the tables hold, wherever in the file the code comes to stand. */
export interface NamedRanges {
  readonly symbols: EncodedSymbols;
  /** Of the range that has most of them; undefined where none are known. */
  readonly frames: FrameIndex | undefined;
  /** Bytes of the tables. */
  readonly size: number;
}

/** \x7fELF, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_GNU: IFUNCs are of that. */
const identification = 0x03_01_01_02_46_4c_45_7fn;
const buildIdSize = 20;
const noteSize = noteHeader.size + buildIdSize;
const noteOffset = toolHeadSize - roundUp(noteSize, 8);
const idOffset = noteOffset + noteHeader.size;
/** Three more are those of note and frames, and an empty one. */
const mostRanges = Math.floor((noteOffset - elfHeader.size) / segmentHeader.size) - 3;
/** Frames are told by signed distances of 32 bits, from a table behind all ranges. */
const mostBytes = 0x7000_0000;

const sectionNames = Buffer.from('\0.note.gnu.build-id\0.text\0.symtab\0.strtab\0.shstrtab\0');
/** Behind the null section and the note; .symtab, .strtab and .shstrtab follow the code. */
const firstCode = 2;
const sectionCount = (code: number): number => firstCode + code + 3;

/** The symbols of code that stands in executable ranges. */
export function nameRanges(ranges: readonly FileRange[], code: readonly NamedCode[]): NamedRanges {
  const sections = codeSections(ranges);
  const symbols = encodeSymbols(code, sections, firstCode);
  const frames = framesOf(ranges, code);
  const headers = sectionCount(sections.length) * sectionHeader.size;
  return {
    symbols,
    frames,
    size: framesPlace(symbols) + roundUp(frames ? frameIndexSize(frames) : 0, 8) + headers,
  };
}

/** Behind what is made of symbols. */
const framesPlace = ({ table, strings }: EncodedSymbols): number =>
  roundUp(table.length + strings.length + sectionNames.length, 8);

/** One table is for memory that is as far from the file's offsets everywhere: it leads to frames in there only. */
function framesOf(ranges: readonly FileRange[], code: readonly NamedCode[]): FrameIndex | undefined {
  const tables = code.flatMap(({ frames }) => frames ?? []);
  if (tables.length === 0 || ranges.reduce((sum, { length }) => sum + length, 0) > mostBytes)
    return undefined;
  const [most] = joined(ranges)
    .map(({ address, length }) => mergeFrames(tables, address, address + length))
    .sort((a, b) => b.entries.length - a.entries.length);
  return most && most.entries.length > 0 ? most : undefined;
}

export interface MappedHow {
  /** Whether memory may move by one distance (ET_DYN); else the addresses are those of processes (ET_EXEC). */
  readonly moves: boolean;
  /** Whether memory of other files may lie between code that the file holds. */
  readonly isSplit: boolean;
  /** Where memory of other files is. */
  readonly others: readonly Address[];
}

/** Head and tables of a file whose content ends at `end`, a multiple of 8; the id is zero. */
export function toolParts(
  ranges: readonly FileRange[],
  named: NamedRanges,
  end: FileOffset,
  how: MappedHow,
): { readonly head: Buffer; readonly tables: Buffer } {
  const { symbols, size } = named;
  const sections = codeSections(ranges);
  const rows = sectionRows(sections, symbols, end);
  const tables = Buffer.alloc(size);
  const start = size - rows.length * sectionHeader.size;
  Buffer.concat([symbols.table, symbols.strings, sectionNames]).copy(tables);
  rows.forEach((row, index) => {
    put(sectionHeader, row, tables, start + index * sectionHeader.size);
  });
  const frames = framesPart(ranges, named, end);
  frames?.bytes.copy(tables, frames.offset - end);
  const own = [...(frames ? [frames.row] : []), noteRow];
  return {
    head: headOf([...segmentRows(ranges, named, how), ...own], {
      ...{ type: how.moves ? ET.DYN : ET.EXEC, sections: end + start, sectionCount: rows.length },
    }),
    tables,
  };
}

/** PT_GNU_EH_FRAME, and what it leads to. */
function framesPart(ranges: readonly FileRange[], { frames, symbols }: NamedRanges, end: FileOffset) {
  if (!frames) return undefined;
  const range = present(
    joined(ranges).find((each) => isIn(each, frames.frames)),
    'range of frames',
  );
  const offset = end + framesPlace(symbols);
  const address = offset + range.address - range.offset;
  const bytes = encodeFrameIndex(frames, address);
  const sizes = { fileSize: bytes.length, memorySize: bytes.length, alignment: 4 };
  const row = { type: PT.GNU_EH_FRAME, flags: PF.R, offset, address, physical: address, ...sizes };
  return { bytes, offset, row };
}

const isIn = ({ address, length }: FileRange, wanted: Address): boolean =>
  wanted >= address && wanted < address + length;

/**
 * libdwfl (eu-stack) takes mappings of one file that no other file parts from each other as one module, and its first PT_LOAD for the
 * memory where each such group begins. So the first one is of the group with the modules' code: what lies in others below, such as the
 * image's own plan and loader, has sections only. Where code of several modules may be parted, any bias would be wrong for some of it, and an empty segment
 * at 0 has libdwfl name nothing instead.
 */
function segmentRows(ranges: readonly FileRange[], { frames }: NamedRanges, how: MappedHow): Row[] {
  const all = joined(ranges);
  const rows = loadable(all).map(segmentRow);
  if (how.isSplit || rows.length < all.length) return [emptyRow, ...rows];
  const code = frames
    ? present(
        all.find((each) => isIn(each, frames.frames)),
        'range of frames',
      ).address
    : 0;
  const before = Math.max(0, ...how.others.filter((address) => address < code));
  return rows.filter(({ address = 0 }) => address >= before);
}

const emptyRow = { type: PT.LOAD, flags: PF.R, alignment: pageSize };

function headOf(segments: readonly Row[], own: HeaderFields): Buffer {
  const head = Buffer.alloc(toolHeadSize);
  const header = {
    ...{ ...own, identification, machine: machine.elf, version: 1, size: elfHeader.size },
    ...{ segments: elfHeader.size, segmentSize: segmentHeader.size, segmentCount: segments.length },
    ...{ sectionSize: sectionHeader.size, sectionNames: own.sectionCount - 1 },
  };
  put(elfHeader, header, head, 0);
  segments.forEach((row, index) => {
    put(segmentHeader, row, head, elfHeader.size + index * segmentHeader.size);
  });
  put(noteHeader, { nameSize: 4, descriptorSize: buildIdSize, type: NT_GNU.BUILD_ID }, head, noteOffset);
  head.write('GNU', noteOffset + noteHeader.size - 4);
  return head;
}

interface HeaderFields {
  readonly type: number;
  readonly sections: FileOffset;
  readonly sectionCount: number;
}

/** By address; where there are too many, those with code, then the largest: data is no tool's question. */
function loadable(all: readonly FileRange[]): FileRange[] {
  const weight = ({ flags, length }: FileRange): number => (flags & PF.X ? 2 ** 48 : 0) + length;
  return [...all]
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, mostRanges)
    .sort((a, b) => a.address - b.address);
}

function segmentRow({ address, length, offset, flags }: FileRange): Row {
  const place = { offset, address, physical: address, fileSize: length, memorySize: length };
  return { type: PT.LOAD, flags, ...place, alignment: pageSize };
}

const noteRow = {
  ...{ type: PT.NOTE, flags: PF.R, offset: noteOffset },
  ...{ fileSize: noteSize, memorySize: noteSize, alignment: 4 },
};

function codeSections(ranges: readonly FileRange[]): FileRange[] {
  return joined(ranges.filter(({ flags }) => (flags & PF.X) !== 0));
}

/** By address: neighbours in memory and file as one. Of two that hold the same memory, as two programs have it, the first. */
function joined(ranges: readonly FileRange[]): FileRange[] {
  const all: { address: Address; length: number; offset: FileOffset; flags: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.address - b.address)) {
    const last = all.at(-1);
    const end = last ? last.address + last.length : 0;
    if (last && range.address === end && range.offset === last.offset + last.length) {
      last.length += range.length;
      last.flags |= range.flags;
    } else if (range.address >= end) all.push({ ...range });
  }
  return all;
}

type Row = Readonly<Record<string, number>>;

function sectionRows(
  sections: readonly FileRange[],
  { table, strings, firstGlobal }: EncodedSymbols,
  end: FileOffset,
): Row[] {
  const stringsAt = end + table.length;
  const stringsIndex = firstCode + sections.length + 1;
  return [
    {},
    { ...named('.note.gnu.build-id', SHT.NOTE), offset: noteOffset, size: noteSize, alignment: 4 },
    ...sections.map(({ address, offset, length }) => ({
      ...named('.text', SHT.PROGBITS),
      ...{ flags: SHF.ALLOC | SHF.EXECINSTR, address, offset, size: length, alignment: pageSize },
    })),
    {
      ...{ ...named('.symtab', SHT.SYMTAB), offset: end, size: table.length, alignment: 8 },
      ...{ link: stringsIndex, info: firstGlobal, entrySize: symbolEntry.size },
    },
    { ...named('.strtab', SHT.STRTAB), offset: stringsAt, size: strings.length, alignment: 1 },
    {
      ...named('.shstrtab', SHT.STRTAB),
      ...{ offset: stringsAt + strings.length, size: sectionNames.length, alignment: 1 },
    },
  ];
}

function named(name: string, type: number): Row {
  return { name: sectionNames.indexOf(`\0${name}\0`) + 1, type };
}

/** What `row` lacks is 0. */
function put(of: Structure, row: Readonly<Record<string, number | bigint>>, into: Buffer, at: number): void {
  const values = Object.fromEntries(Object.keys(of.fields).map((name) => [name, row[name] ?? 0]));
  encodeInto(of, values, into, at);
}

/** Makes a build id of a file's bytes, which are given from the first to the last in any portions. */
export class BuildId {
  readonly #hash = createHash('sha1');

  add(bytes: Buffer): void {
    this.#hash.update(bytes);
  }

  /** The id, and where it belongs. */
  end(): { readonly id: Buffer; readonly offset: FileOffset } {
    return { id: this.#hash.digest(), offset: idOffset };
  }
}

/** Gives the bytes of a file, which were changed, their id. */
export function sealBuildId(bytes: Buffer): void {
  bytes.fill(0, idOffset, idOffset + buildIdSize);
  createHash('sha1').update(bytes).digest().copy(bytes, idOffset);
}

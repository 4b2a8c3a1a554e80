/**
 * The ELF head of a launcher: the file's header, its one segment, and two symbols for tools. `loader` is the loader's code. `main` is
 * where people tell a debugger to stop: no program's main is in a launcher, and nothing there is ever executed, but a debugger can find
 * the place, and writes its breakpoint there before the first instruction. The loader sees that, and executes the program, in which
 * the debugger finds the true `main` (native/check.h).
 */
import { ET, PF, PT, SHF, SHT, STB, STT } from '../elf/constants.ts';
import { elfHeader, sectionHeader, segmentHeader, symbolEntry } from '../elf/structures.ts';
import { machine } from '../machine/names.ts';
import { encode } from '../util/structure.ts';

/** Of the loader's code from the launcher's begin. */
export const codeOffset = 0x300;
/** Of `main`: zero bytes, up to the code. */
export const mainOffset = codeOffset - 16;

/** \x7fELF, ELFCLASS64, ELFDATA2LSB, EV_CURRENT */
const identification = 0x00_01_01_02_46_4c_45_7fn;
const sectionsOffset = 0xc0;

/** What is to be known of a launcher. */
interface HeadRequest {
  /** Bytes of the file, all of which are the segment. */
  readonly size: number;
  readonly entry: number;
  /** p_flags of PT_GNU_STACK. */
  readonly stackFlags: number | undefined;
  /** Bytes of code; undefined: without symbols. */
  readonly loaderSize: number | undefined;
}

/** Everything before the loader's code. */
export function launcherHead({ size, entry, stackFlags, loaderSize }: HeadRequest): Buffer {
  const head = Buffer.alloc(codeOffset);
  const segments = [
    encode(segmentHeader, { ...{ type: PT.LOAD, flags: PF.R | PF.X }, ...sizes(size), alignment: 4096n }),
    ...(stackFlags === undefined
      ? []
      : [encode(segmentHeader, { type: PT.GNU_STACK, flags: stackFlags, alignment: 16n })]),
  ];
  const sections = loaderSize === undefined ? [] : sectionsOf(head, size, loaderSize);
  const values = {
    ...{ identification, type: ET.DYN, machine: machine.elf, version: 1, entry: BigInt(entry) },
    ...{ size: elfHeader.size, segmentSize: segmentHeader.size, sectionSize: sectionHeader.size },
    ...{ segments: BigInt(elfHeader.size), segmentCount: segments.length },
    ...(sections.length > 0 && { sections: BigInt(sectionsOffset), sectionNames: stringsIndex }),
    sectionCount: sections.length,
  };
  Buffer.concat([encode(elfHeader, values), ...segments]).copy(head);
  Buffer.concat(sections).copy(head, sectionsOffset);
  return head;
}

const sizes = (size: number) => ({ fileSize: BigInt(size), memorySize: BigInt(size) });

const names = ['', '.text', '.symtab', '.strtab', 'main', 'loader'] as const;
type Name = (typeof names)[number];
const strings = Buffer.from(names.map((name) => `${name}\0`).join(''));
const nameAt = (name: Name): number => (name === '' ? 0 : strings.indexOf(`\0${name}\0`) + 1);

const textIndex = 1;
/** One table has the names of sections and symbols. */
const stringsIndex = 3;

/** The section headers; symbols and names are written behind their place. */
function sectionsOf(head: Buffer, size: number, loaderSize: number): Buffer[] {
  const symbols = [
    encode(symbolEntry, {}),
    symbolOf('main', mainOffset, codeOffset - mainOffset),
    symbolOf('loader', codeOffset, loaderSize),
  ];
  const symbolsOffset = sectionsOffset + 4 * sectionHeader.size;
  const stringsOffset = symbolsOffset + symbols.length * symbolEntry.size;
  Buffer.concat([...symbols, strings]).copy(head, symbolsOffset);
  return [
    encode(sectionHeader, {}),
    sectionOf('.text', mainOffset, size - mainOffset, {
      ...{ type: SHT.PROGBITS, flags: BigInt(SHF.ALLOC | SHF.EXECINSTR), address: BigInt(mainOffset) },
      alignment: 16n,
    }),
    sectionOf('.symtab', symbolsOffset, stringsOffset - symbolsOffset, {
      // sh_info: the first global symbol.
      ...{ type: SHT.SYMTAB, link: stringsIndex, info: 1, entrySize: BigInt(symbolEntry.size) },
      alignment: 8n,
    }),
    sectionOf('.strtab', stringsOffset, strings.length, { type: SHT.STRTAB, alignment: 1n }),
  ];
}

function sectionOf(
  name: Name,
  offset: number,
  size: number,
  values: Parameters<typeof encode<(typeof sectionHeader)['fields']>>[1],
): Buffer {
  const place = { name: nameAt(name), offset: BigInt(offset), size: BigInt(size) };
  return encode(sectionHeader, { ...values, ...place });
}

function symbolOf(name: Name, value: number, size: number): Buffer {
  const info = (STB.GLOBAL << 4) | STT.FUNC | (textIndex << 16);
  return encode(symbolEntry, { name: nameAt(name), info, value: BigInt(value), size: BigInt(size) });
}

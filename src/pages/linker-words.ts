/** Which words of a module the dynamic linker writes: those of its relocations, and what it keeps in the module for itself. */
import { PT } from '../elf/constants.ts';
import type { ElfFile, Relocation } from '../elf/elf-file.ts';
import { formulaOf } from '../machine/relocations.ts';
import type { Vaddr } from '../util/units.ts';
import { roundDown } from '../util/units.ts';

export interface LinkerWords {
  /** By the address of the aligned 64-bit word. */
  readonly relocations: ReadonlyMap<Vaddr, Relocation>;
  /** Whether the linker alone writes this word, without a relocation. */
  isOwn(address: Vaddr): boolean;
}

const wordSize = 8;

/** Throws ElfError where the relocations cannot be read. */
export function linkerWords(elf: ElfFile): LinkerWords {
  const ranges = ownRanges(elf);
  return {
    relocations: relocatedWords(elf),
    isOwn: (address) => ranges.some(([start, end]) => address >= start && address < end),
  };
}

function relocatedWords(elf: ElfFile): Map<Vaddr, Relocation> {
  const words = new Map<Vaddr, Relocation>();
  for (const relocation of elf.relocations) {
    const end = relocation.address + writtenBytes(elf, relocation);
    for (let at = roundDown(relocation.address, wordSize); at < end; at += wordSize)
      words.set(at, relocation);
  }
  return words;
}

/** psABI, table 'Relocation Types'. */
function writtenBytes(elf: ElfFile, { type, symbol }: Relocation): number {
  const formula = formulaOf(type);
  if (formula === 'none') return 0;
  if (formula === 'copy') return elf.symbols.at(symbol).size;
  return formula === 'tlsDescriptor' ? 2 * wordSize : wordSize;
}

/**
 * The dynamic table (glibc adds the load bias to its addresses, DT_DEBUG gets its value), the two words behind the
 * first of DT_PLTGOT (psABI 5.2), what is sealed before the program runs, and all of ld.so's own data. musl's linker
 * is its libc: there they cannot be told apart.
 */
function ownRanges(elf: ElfFile): (readonly [Vaddr, Vaddr])[] {
  if (elf.dynamic?.soname?.startsWith('ld-') === true) return [[0, Infinity]];
  const pltGot = elf.dynamic?.pltGot;
  return [
    ...elf.segments.flatMap(({ type, address, memorySize }) => {
      if (type === PT.DYNAMIC) return [[address, address + memorySize] as const];
      if (type === PT.GNU_RELRO) return [[address, roundDown(address + memorySize)] as const];
      return [];
    }),
    ...(pltGot === undefined ? [] : [[pltGot + wordSize, pltGot + 3 * wordSize] as const]),
  ];
}

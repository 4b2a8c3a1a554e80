import { nameOfConstant, PT } from '../elf/constants.ts';
import type { DynamicTable, ElfFile, ElfSymbol, Relocation } from '../elf/elf-file.ts';
import { relocationName } from '../machine/relocations.ts';

/**
 * All of an ELF file for machines. Addresses, offsets and sizes are numbers; types are the ELF specification's names;
 * what the file does not have is null or empty. Throws ElfError.
 */
export function inspectJson(elf: ElfFile): object {
  const { path, header, dynamic, symbols } = elf;
  return {
    ...{ path, header },
    soname: dynamic?.soname ?? null,
    needed: dynamic?.needed ?? [],
    interpreter: elf.interpreter ?? null,
    buildId: elf.buildId ?? null,
    tls: elf.tls ?? null,
    dynamic: dynamic ? dynamicJson(dynamic) : null,
    segments: elf.segments.map((segment) => ({ ...segment, type: nameOfConstant(PT, segment.type) })),
    sections: elf.sections,
    symbols: Array.from({ length: symbols.count }, (_, index) => symbols.at(index)),
    relocations: elf.relocations.map((relocation) => relocationJson(relocation, elf)),
    plt: elf.plt.map((slot) => ({ ...slot, symbolName: nameAt(elf, slot.symbol) })),
    notes: elf.notes.map((note) => ({ ...note, descriptor: note.descriptor.toString('hex') })),
    functionRanges: elf.functionRanges,
  };
}

/** Without the raw entries, whose values may not fit in JSON. */
function dynamicJson({ entries, ...plain }: DynamicTable): object {
  return { ...plain, entries: entries.map(({ tag, value }) => ({ tag, value: `0x${value.toString(16)}` })) };
}

function relocationJson(relocation: Relocation, elf: ElfFile): object {
  return { ...relocation, type: relocationName(relocation.type), symbolName: nameAt(elf, relocation.symbol) };
}

/** `name`, `name@version`; null for no symbol. */
function nameAt(elf: ElfFile, index: number): string | null {
  return index === 0 ? null : versionedName(elf.symbols.at(index));
}

function versionedName({ name, version }: ElfSymbol): string {
  return version ? `${name}@${version.name}` : name;
}

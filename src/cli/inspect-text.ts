import { ET, nameOfConstant, PF, PT, SHN, STB } from '../elf/constants.ts';
import type { ElfFile, Segment } from '../elf/elf-file.ts';
import { isLibrary } from '../elf/is-library.ts';
import { relocationName } from '../machine/relocations.ts';
import { colorsFor } from '../util/colors.ts';
import { tally } from '../util/tally.ts';
import { hex } from '../util/units.ts';

type Row = readonly [name: string, text: string | undefined];

/** What an ELF file says, for people: one row a fact, without the single symbols and relocations. Throws ElfError. */
export function inspectText(elf: ElfFile): string {
  const colors = colorsFor(process.stdout);
  const rows = [...identity(elf), ...dynamicRows(elf), ...contents(elf)];
  const lines = rows.flatMap(([name, text]) => (text ? [`  ${colors.dim(name.padEnd(12))}  ${text}`] : []));
  const segments = elf.segments.map((segment) => `  ${segmentLine(segment)}`);
  return [`${colors.bold(elf.path)}: ${kindOf(elf)}`, ...lines, '', ...segments, ''].join('\n');
}

function kindOf(elf: ElfFile): string {
  const { header, interpreter } = elf;
  if (header.type === ET.REL) return 'object file';
  if (header.type === ET.CORE) return 'core file';
  const linking = interpreter === undefined ? 'static' : 'dynamically linked';
  if (header.type === ET.EXEC) return `${linking} executable at fixed addresses`;
  return isLibrary(elf) ? 'shared library' : `${linking} position-independent executable`;
}

function identity(elf: ElfFile): Row[] {
  return [
    ['interpreter', elf.interpreter],
    ['build id', elf.buildId],
    ['entry', elf.header.entry === 0 ? undefined : hex(elf.header.entry)],
  ];
}

function dynamicRows({ dynamic }: ElfFile): Row[] {
  if (dynamic === undefined) return [];
  const traits = [
    dynamic.bindNow ? 'bound at start-up' : 'bound lazily',
    ...(dynamic.textRelocations ? ['text relocations'] : []),
    ...(dynamic.symbolic ? ['symbolic'] : []),
  ];
  return [
    ['soname', dynamic.soname],
    ['needed', dynamic.needed.join(', ')],
    ['rpath', dynamic.rpath],
    ['runpath', dynamic.runpath],
    ['binding', traits.join(', ')],
  ];
}

function contents(elf: ElfFile): Row[] {
  const { tls } = elf;
  return [
    ['symbols', symbolCounts(elf)],
    ['relocations', relocationCounts(elf)],
    ['PLT slots', String(elf.plt.length)],
    [
      'TLS',
      tls && `${tls.memorySize} bytes, ${tls.fileSize} of them initialised, alignment ${tls.alignment}`,
    ],
    ['notes', elf.notes.map(({ name, type }) => `${name} ${type}`).join(', ')],
    ['functions', `${elf.functionRanges.length} ranges in .eh_frame`],
  ];
}

function symbolCounts({ symbols }: ElfFile): string {
  let exported = 0;
  let imported = 0;
  for (let index = 1; index < symbols.count; index++) {
    const { binding, sectionIndex } = symbols.at(index);
    if (binding === STB.LOCAL) continue;
    if (sectionIndex === SHN.UNDEF) imported++;
    else exported++;
  }
  return `${imported} imported, ${exported} exported`;
}

function relocationCounts({ relocations }: ElfFile): string {
  const counts = new Map<string, number>();
  for (const { type } of relocations) {
    const name = relocationName(type).replace('R_X86_64_', '');
    tally(counts, name);
  }
  const parts = [...counts].sort(([, a], [, b]) => b - a).map(([name, count]) => `${count} ${name}`);
  return parts.length === 0 ? '0' : parts.join(', ');
}

function segmentLine({ type, flags, address, memorySize, fileSize, offset }: Segment): string {
  const access = `${flags & PF.R ? 'r' : '-'}${flags & PF.W ? 'w' : '-'}${flags & PF.X ? 'x' : '-'}`;
  const range = `${hex(address)}-${hex(address + memorySize)}`;
  return `${nameOfConstant(PT, type).padEnd(12)}  ${access}  ${range.padEnd(24)}  ${fileSize} bytes at offset ${hex(offset)}`;
}

/** Which ranges of a process are modules that a dynamic linker, or the kernel, mapped from ELF files. */
import type { MapsLine } from '../capture/memory-map.ts';
import { PT } from '../elf/constants.ts';
import type { ElfFile, Segment } from '../elf/elf-file.ts';
import { readElf } from '../elf/read-elf.ts';
import { ElfError } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { roundDown, roundUp } from '../util/units.ts';
import { pathOfMapping, readFilePage } from './files.ts';

/** One ELF file at one place; a file can be there twice (dlmopen). */
export interface LoadedModule {
  /** As in maps. */
  readonly name: string;
  readonly elf: ElfFile;
  readonly loadBias: Address;
  readonly start: Address;
  readonly end: Address;
}

/** The modules among the mappings, ascending. A file that is mapped otherwise than its PT_LOADs say is none. */
export function loadedModules(pid: number, lines: readonly MapsLine[]): LoadedModule[] {
  const files = new Map<string, ElfFile | undefined>();
  const modules: LoadedModule[] = [];
  for (const line of lines) {
    if (!line.name.startsWith('/') || line.shared || contains(modules.at(-1), line)) continue;
    if (!files.has(line.name)) files.set(line.name, elfOf(pathOfMapping(pid, line)));
    const module = moduleAt(line, files.get(line.name));
    if (module) modules.push(module);
  }
  return modules;
}

function contains(module: LoadedModule | undefined, line: MapsLine): boolean {
  return module?.name === line.name && line.start < module.end;
}

/** e_ident of every ELF file. */
const magic = 0x7f454c46;

/** The ELF file of a path; undefined for any other, and where it cannot be read. */
export function elfOf(path: string | undefined): ElfFile | undefined {
  if (path === undefined || readFilePage(path, 0)?.readUInt32BE(0) !== magic) return undefined;
  try {
    return readElf(path);
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
}

/** The first mapping of a module is that of its first PT_LOAD. */
function moduleAt(line: MapsLine, elf: ElfFile | undefined): LoadedModule | undefined {
  if (elf === undefined) return undefined;
  const [first, last] = loadRange(elf);
  if (!first || !last) return undefined;
  if (line.offset !== roundDown(first.offset)) return undefined;
  const loadBias = line.start - roundDown(first.address);
  const end = loadBias + roundUp(last.address + last.memorySize);
  return { name: line.name, elf, loadBias, start: line.start, end };
}

/** The first and the last PT_LOAD; they ascend (gABI, _Program Header_). */
export function loadRange(elf: ElfFile): [first: Segment | undefined, last: Segment | undefined] {
  const loads = elf.segments.filter(({ type }) => type === PT.LOAD);
  return [loads[0], loads.at(-1)];
}

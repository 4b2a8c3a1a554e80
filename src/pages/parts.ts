/** Cuts a process's mappings into parts of one area each, and says how a private page of each is judged. */
import { readFileSync } from 'node:fs';
import type { MapsLine } from '../capture/memory-map.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { anonymousArea, readStackPointers } from './anonymous-area.ts';
import { pathOfMapping, readFilePage } from './files.ts';
import { judgeImage, type ImageJudge } from './image-page.ts';
import { loadedModules, type LoadedModule } from './loaded-modules.ts';
import { mappedImages, type MadeMemory, type MappedImage } from './mapped-images.ts';
import { isMappedAsSaid } from './module-contents.ts';
import { judgeModule, usesLazyBinding, type PageJudge } from './module-page.ts';
import { PageVerdict } from './page-verdict.ts';
import type { Area } from './pages.ts';
import { forEachDifference } from './process-memory.ts';

/** A mapping, or that part of one that is one area, and of an image one module's. */
export interface Part {
  readonly line: MapsLine;
  readonly area: Area;
  readonly name: string;
  /** Absent for memory without a file, which is the program's whatever it holds. */
  readonly judge?: PageJudge;
  /** Of an image: the module whose memory it is; absent for the loader's, and the linker's own. */
  readonly module?: string;
}

interface Surroundings {
  readonly pid: number;
  readonly lines: readonly MapsLine[];
  readonly modules: readonly (LoadedModule & { readonly judge: PageJudge })[];
  readonly images: readonly (MappedImage & { readonly judge: ImageJudge })[];
  readonly stackPointers: readonly Address[];
}

/** All parts, ascending. `lines` are the process's mappings. */
export function partsOf(pid: number, lines: readonly MapsLine[]): Part[] {
  const images = mappedImages(pid, lines);
  // An image has copies of modules in its files: ELF files, too, but relocated, and not to be read as a whole.
  const modules = loadedModules(
    pid,
    lines.filter(({ name }) => !images.some(({ files }) => files.has(name))),
  );
  const lazily = usesLazyBinding(modules, readEnvironment(pid));
  const surroundings: Surroundings = {
    pid,
    lines,
    modules: modules.map((module) => ({ ...module, judge: judgeModule(module, lazily) })),
    images: images.map((image) => ({ ...image, judge: judgeImage(image) })),
    stackPointers: readStackPointers(pid),
  };
  return lines.flatMap((line) => cut(line, surroundings)).map((line) => partOf(surroundings, line));
}

function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

/** The kernel joins a module's zero memory, or an image's, with what was mapped beside it, and files of an image hold several modules. */
function cut(line: MapsLine, { modules, images }: Surroundings): MapsLine[] {
  const isFile = line.name.startsWith('/');
  if (isFile && !images.some(({ files }) => files.has(line.name))) return [line];
  const ofImages = images.flatMap(({ regions, made }) => [...regions, ...(isFile ? [] : made)]);
  const edges = [...(isFile ? [] : modules), ...ofImages]
    .flatMap(({ start, end }) => [start, end])
    .filter((edge) => edge > line.start && edge < line.end);
  const bounds = [line.start, ...new Set(edges.sort((a, b) => a - b)), line.end];
  return bounds.slice(1).map((end, index) => {
    const start = bounds[index] ?? line.start;
    return { ...line, start, end, offset: isFile ? line.offset + (start - line.start) : line.offset };
  });
}

function partOf(all: Surroundings, line: MapsLine): Part {
  return imagePart(all, line) ?? modulePart(all, line) ?? filePart(all, line) ?? plainPart(all, line);
}

function imagePart({ images, pid }: Surroundings, line: MapsLine): Part | undefined {
  for (const image of images) {
    const made = image.made.findLast(({ start, end }) => line.start >= start && line.start < end);
    const file = line.name === '' && made ? (made.filledFrom?.path ?? image.name) : line.name;
    if (line.name === '' ? made === undefined : !image.files.has(line.name)) continue;
    const fresh = line.name === '' ? freshMade(made) : freshMapped(pid, line);
    const module = image.regions.find(({ start, end }) => line.start >= start && line.start < end)?.module;
    return {
      line,
      area: line.name === '' && made?.filledFrom === undefined ? 'image bss' : 'image',
      name: file,
      judge: (address, now) => image.judge(address, now, fresh(address)),
      ...(module !== undefined && { module }),
    };
  }
  return undefined;
}

type FreshPage = (address: Address) => Buffer | undefined;

function freshMapped(pid: number, line: MapsLine): FreshPage {
  const path = pathOfMapping(pid, line);
  return (address) =>
    path === undefined ? undefined : readFilePage(path, line.offset + address - line.start);
}

function freshMade(made: MadeMemory | undefined): FreshPage {
  const from = made?.filledFrom;
  if (made === undefined || from === undefined) return () => Buffer.alloc(pageSize);
  return (address) => readFilePage(from.path, from.offset + address - made.start);
}

function modulePart({ modules }: Surroundings, line: MapsLine): Part | undefined {
  const module = modules.find(({ start, end }) => line.start >= start && line.start < end);
  if (module === undefined || line.shared) return undefined;
  const { name, judge, elf, loadBias } = module;
  if (line.name === name && isMappedAsSaid(elf, line.start - loadBias, line.offset))
    return { line, area: 'module', name, judge };
  return line.name === '' ? { line, area: 'bss', name, judge } : undefined;
}

/** Any other file: whatever differs from it the program wrote. */
function filePart({ pid }: Surroundings, line: MapsLine): Part | undefined {
  const path = pathOfMapping(pid, line);
  if (path === undefined) return undefined;
  const judge: PageJudge = (address, now) => {
    const fresh = readFilePage(path, line.offset + address - line.start);
    if (fresh === undefined) return undefined;
    const verdict = new PageVerdict();
    forEachDifference(now, fresh, () => {
      verdict.program();
    });
    return verdict;
  };
  return { line, area: 'file', name: line.name, judge };
}

function plainPart({ lines, stackPointers }: Surroundings, line: MapsLine): Part {
  const below = lines.find(({ end }) => end === line.start);
  return { line, area: anonymousArea(line, below, stackPointers), name: line.name };
}

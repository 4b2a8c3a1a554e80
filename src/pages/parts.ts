/** Cuts a process's mappings into parts of one area each, and says how a private page of each is judged. */
import { readFileSync } from 'node:fs';
import type { MapsLine } from '../capture/memory-map.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { anonymousArea, readStackPointers } from './anonymous-area.ts';
import { pathOfMapping, readFilePage, rootOf } from './files.ts';
import { listedModules, type ListedModule } from './image-modules.ts';
import { judgeImage } from './image-page.ts';
import { loadedModules, type LoadedModule } from './loaded-modules.ts';
import { mappedImages, type MappedImage } from './mapped-images.ts';
import { isMappedAsSaid } from './module-contents.ts';
import { judgeModule, usesLazyBinding, type PageJudge } from './module-page.ts';
import { PageVerdict } from './page-verdict.ts';
import type { Area } from './pages.ts';
import { forEachDifference, type ProcessMemory } from './process-memory.ts';

/** A mapping, or that part of one that is one area. */
export interface Part {
  readonly line: MapsLine;
  readonly area: Area;
  readonly name: string;
  /** Absent for memory without a file, which is the program's whatever it holds. */
  readonly judge?: PageJudge;
  /** Of an image: the modules whose memory it holds. */
  readonly modules?: readonly ListedModule[];
}

interface Surroundings {
  readonly pid: number;
  readonly lines: readonly MapsLine[];
  readonly modules: readonly (LoadedModule & { readonly judge: PageJudge })[];
  readonly images: readonly (MappedImage & { readonly modules: readonly ListedModule[] })[];
  readonly stackPointers: readonly Address[];
}

/** All parts, ascending. `lines` are the process's mappings. */
export function partsOf(pid: number, lines: readonly MapsLine[], memory: ProcessMemory): Part[] {
  const modules = loadedModules(pid, lines);
  const lazily = usesLazyBinding(modules, readEnvironment(pid));
  const surroundings: Surroundings = {
    pid,
    lines,
    modules: modules.map((module) => ({ ...module, judge: judgeModule(module, lazily) })),
    images: mappedImages(pid, lines).map((image) => ({
      ...image,
      modules: listedModules(memory, image.plan, rootOf(pid)),
    })),
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

/** The kernel joins a module's zero memory, or an image's, with what was mapped beside it. */
function cut(line: MapsLine, { modules, images }: Surroundings): MapsLine[] {
  if (line.name.startsWith('/')) return [line];
  const edges = [...modules, ...images.flatMap(({ zeros }) => zeros)]
    .flatMap(({ start, end }) => [start, end])
    .filter((edge) => edge > line.start && edge < line.end);
  const bounds = [line.start, ...new Set(edges.sort((a, b) => a - b)), line.end];
  return bounds.slice(1).map((end, index) => ({ ...line, start: bounds[index] ?? line.start, end }));
}

function partOf(all: Surroundings, line: MapsLine): Part {
  return modulePart(all, line) ?? imagePart(all, line) ?? filePart(all, line) ?? plainPart(all, line);
}

function modulePart({ modules }: Surroundings, line: MapsLine): Part | undefined {
  const module = modules.find(({ start, end }) => line.start >= start && line.start < end);
  if (module === undefined || line.shared) return undefined;
  const { name, judge, elf, loadBias } = module;
  if (line.name === name && isMappedAsSaid(elf, line.start - loadBias, line.offset))
    return { line, area: 'module', name, judge };
  return line.name === '' ? { line, area: 'bss', name, judge } : undefined;
}

function imagePart({ images }: Surroundings, line: MapsLine): Part | undefined {
  const image = images.find(
    ({ name, zeros }) =>
      name === line.name ||
      (line.name === '' && zeros.some(({ start, end }) => line.start >= start && line.start < end)),
  );
  if (image === undefined) return undefined;
  const { name, path, modules } = image;
  const area = line.name === name ? 'image' : 'image bss';
  const zeros = Buffer.alloc(pageSize);
  const fresh = (address: Address): Buffer =>
    (area === 'image' ? readFilePage(path, line.offset + address - line.start) : undefined) ?? zeros;
  return { line, area, name, judge: judgeImage(image, fresh), modules };
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

/** Cuts a process's mappings into parts of one area each, and says how a private page of each is judged. */
import { readFileSync } from 'node:fs';
import type { MapsLine } from '../capture/memory-map.ts';
import type { Address } from '../util/units.ts';
import { anonymousArea, readStackPointers } from './anonymous-area.ts';
import { pathOfMapping, readFilePage } from './files.ts';
import { judgeImage } from './image-page.ts';
import { imagePart, type JudgedImage } from './image-part.ts';
import { usesLazyBinding } from './lazy-binding.ts';
import { loadedModules, type LoadedModule } from './loaded-modules.ts';
import { mappedImages } from './mapped-images.ts';
import { isMappedAsSaid } from './module-contents.ts';
import { judgeModule, type PageJudge } from './module-page.ts';
import { openedModules, type FoundModule } from './opened-modules.ts';
import { judgePrepared } from './prepared-page.ts';
import type { ProcessMemory } from './process-memory.ts';
import { PageVerdict } from './page-verdict.ts';
import type { Part } from './part.ts';
import { forEachDifference } from './process-memory.ts';

export interface Parts {
  /** Ascending. */
  readonly parts: readonly Part[];
  /** Modules that the program opened. */
  readonly opened: readonly FoundModule[];
}

interface Surroundings {
  readonly pid: number;
  readonly lines: readonly MapsLine[];
  readonly modules: readonly (LoadedModule & { readonly judge: PageJudge })[];
  readonly images: readonly JudgedImage[];
  readonly stackPointers: readonly Address[];
}

/** `lines` are the process's mappings. */
export function partsOf(pid: number, lines: readonly MapsLine[], memory: ProcessMemory): Parts {
  const images = mappedImages(pid, lines);
  // An image has copies of modules in its files: ELF files, too, but relocated, and not to be read as a whole.
  const modules = loadedModules(
    pid,
    lines.filter(({ name }) => !images.some(({ files }) => files.has(name))),
  );
  const opened = openedModules({ pid, lines, images, modules, memory });
  const lazily = usesLazyBinding(modules, images, readEnvironment(pid));
  const prepared = opened.flatMap(({ module, state }) =>
    module && state !== 'ordinary'
      ? { module, judge: judgePrepared(module, lazily, state === 'given back') }
      : [],
  );
  const surroundings: Surroundings = {
    pid,
    lines,
    modules: modules.map((module) => ({ ...module, judge: judgeModule(module, lazily) })),
    images: images.map((image) => ({ ...image, prepared, judge: judgeImage(image) })),
    stackPointers: readStackPointers(pid),
  };
  const parts = lines.flatMap((line) => cut(line, surroundings)).map((line) => partOf(surroundings, line));
  return { parts, opened };
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
  const edges = [...modules, ...ofImages]
    .flatMap(({ start, end }) => [start, end])
    .filter((edge) => edge > line.start && edge < line.end);
  const bounds = [line.start, ...new Set(edges.sort((a, b) => a - b)), line.end];
  return bounds.slice(1).map((end, index) => {
    const start = bounds[index] ?? line.start;
    return { ...line, start, end, offset: isFile ? line.offset + (start - line.start) : line.offset };
  });
}

function partOf(all: Surroundings, line: MapsLine): Part {
  return (
    imagePart(all.images, all.pid, line) ??
    modulePart(all, line) ??
    filePart(all, line) ??
    plainPart(all, line)
  );
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

/** Memory of an image in a process: what the loader mapped or made, and pages of prepared modules. */
import type { MapsLine } from '../capture/memory-map.ts';
import type { Address } from '../util/units.ts';
import { pageSize } from '../util/units.ts';
import { pathOfMapping, readFilePage } from './files.ts';
import type { ImageJudge } from './image-page.ts';
import type { LoadedModule } from './loaded-modules.ts';
import type { MadeMemory, MappedImage } from './mapped-images.ts';
import type { Part } from './part.ts';

export interface JudgedImage extends MappedImage {
  readonly judge: ImageJudge;
  /** Opened modules with pages of this image, or of its files. */
  readonly prepared: readonly { readonly module: LoadedModule; readonly judge: ImageJudge }[];
}

/** Undefined where the line is no image's. */
export function imagePart(images: readonly JudgedImage[], pid: number, line: MapsLine): Part | undefined {
  for (const image of images) {
    const part = line.name === '' ? madePart(image, line) : mappedPart(image, pid, line);
    if (part) return part;
  }
  return undefined;
}

type FreshPage = (address: Address) => Buffer | undefined;

function mappedPart(image: JudgedImage, pid: number, line: MapsLine): Part | undefined {
  if (!image.files.has(line.name)) return undefined;
  const fresh = freshMapped(pid, line);
  const prepared = image.prepared.find(({ module }) => isIn(module, line));
  if (!prepared) return { ...partOf(image, line, line.name, fresh), area: 'image' };
  const { module, judge } = prepared;
  return {
    ...{ line, area: 'prepared', name: line.name, module: module.name },
    judge: (address, now) => judge(address, now, fresh(address)),
  };
}

function madePart(image: JudgedImage, line: MapsLine): Part | undefined {
  const made = image.made.findLast((each) => isIn(each, line));
  if (!made) return undefined;
  const from = made.filledFrom;
  const part = partOf(image, line, from?.path ?? image.name, freshMade(made));
  return { ...part, area: from ? 'image' : 'image bss' };
}

function partOf(image: JudgedImage, line: MapsLine, name: string, fresh: FreshPage): Omit<Part, 'area'> {
  const module = image.regions.find((each) => isIn(each, line))?.module;
  return {
    line,
    name,
    judge: (address, now) => image.judge(address, now, fresh(address)),
    ...(module !== undefined && { module }),
  };
}

function isIn({ start, end }: { readonly start: Address; readonly end: Address }, line: MapsLine): boolean {
  return line.start >= start && line.start < end;
}

function freshMapped(pid: number, line: MapsLine): FreshPage {
  const path = pathOfMapping(pid, line);
  return (address) =>
    path === undefined ? undefined : readFilePage(path, line.offset + address - line.start);
}

function freshMade({ start, filledFrom }: MadeMemory): FreshPage {
  if (!filledFrom) return () => Buffer.alloc(pageSize);
  return (address) => readFilePage(filledFrom.path, filledFrom.offset + address - start);
}

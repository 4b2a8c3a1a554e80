/** The ranges that the linker maps, followed from their first mmap to their final pages. */
import { ET } from '../elf/constants.ts';
import type { Module, Program } from '../program/program.ts';
import { Refusal } from '../util/errors.ts';
import type { Address } from '../util/units.ts';
import { pageSize, roundUp } from '../util/units.ts';
import type { CapturedRegion, Mapping, Region, WrittenRun } from './capture.ts';
import { readMaps } from './memory-map.ts';
import { moduleSpan } from './module-span.ts';
import type { MapsLine } from './memory-map.ts';
import { PageMap } from './page-map.ts';
import type { Tracee } from './ptrace.ts';

/** A range of addresses with its owner; its pages are not read yet. */
export type RegionRange = Omit<Region, 'mappings'>;

/** The region of a module whose first page is at `start`. */
export function moduleRegion(module: Module, start: Address): RegionRange {
  const span = moduleSpan(module);
  const movable = module.elf.header.type === ET.DYN;
  return {
    kind: 'module',
    module,
    start,
    end: start + span.end - span.start,
    loadBias: start - span.start,
    movable,
    alignment: span.alignment,
  };
}

export function anonymousRegion(start: Address, size: number): RegionRange {
  return unnamedRegion('anonymous', start, start + roundUp(size));
}

export function heapRegion(start: Address, end: Address): RegionRange {
  return unnamedRegion('heap', start, end);
}

function unnamedRegion(kind: 'anonymous' | 'heap', start: Address, end: Address): RegionRange {
  return { kind, start, end, loadBias: start, movable: true, alignment: pageSize };
}

/**
 * Reads mappings and written pages of every region from the stopped tracee. Throws Refusal where a mapping of the
 * process belongs to no region (the linker did something that was not followed).
 */
export function readRegions(
  tracee: Tracee,
  ranges: readonly RegionRange[],
  program: Program,
): CapturedRegion[] {
  const maps = readMaps(tracee.pid);
  const stray = maps.find((line) => !line.name.startsWith('[') && !ranges.some((r) => overlaps(r, line)));
  if (stray)
    throw new Refusal(`${program.invocation}: a mapping of unknown origin: ${stray.name || 'anonymous'}`);
  const pages = new PageMap(tracee.pid);
  const regions = ranges.map((range) => {
    const mappings = maps.filter((line) => overlaps(range, line)).map((line) => toMapping(line, range));
    return {
      ...range,
      mappings,
      written: mappings.flatMap((mapping) => readWritten(tracee, pages, mapping)),
    };
  });
  pages.close();
  return regions;
}

function overlaps(range: RegionRange, line: MapsLine): boolean {
  return line.start < range.end && line.end > range.start;
}

function toMapping(line: MapsLine, range: RegionRange): Mapping {
  const start = Math.max(line.start, range.start);
  return {
    start,
    end: Math.min(line.end, range.end),
    protection: line.protection,
    fileOffset: line.name.startsWith('/') ? line.offset + start - line.start : undefined,
  };
}

/** Every page that is no longer the file's, in runs of neighbours. */
function readWritten(tracee: Tracee, pages: PageMap, mapping: Mapping): WrittenRun[] {
  const runs: { start: Address; end: Address }[] = [];
  for (const page of pages.read(mapping.start, mapping.end).notOfFile) {
    const last = runs.at(-1);
    if (last?.end === page) last.end += pageSize;
    else runs.push({ start: page, end: page + pageSize });
  }
  return runs.map(({ start, end }) => ({ start, bytes: tracee.read(start, end - start) }));
}

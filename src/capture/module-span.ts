import { PT } from '../elf/constants.ts';
import type { Module } from '../program/program.ts';
import { pageSize, roundDown, roundUp } from '../util/units.ts';

/** From the first to the last byte that a module's PT_LOAD segments want, in whole pages; relative to its bias. */
export function moduleSpan(module: Module): { start: number; end: number; alignment: number } {
  const loads = module.elf.segments.filter((s) => s.type === PT.LOAD);
  return {
    start: roundDown(Math.min(...loads.map((s) => s.address))),
    end: roundUp(Math.max(...loads.map((s) => s.address + s.memorySize))),
    alignment: Math.max(pageSize, ...loads.map((s) => s.alignment)),
  };
}

/**
 * Bytes of the range that ld.so reserves when it opens the module, before it maps the file, so that the segments are aligned
 * (elf/dl-map-segments.h, `_dl_map_segment`); 0 where it maps the file at once.
 */
export function reservedLength(module: Module): number {
  const loads = module.elf.segments.filter((s) => s.type === PT.LOAD);
  const { start, alignment } = moduleSpan(module);
  if (alignment <= pageSize) return 0;
  const length = Math.max(...loads.map((s) => s.address + s.memorySize)) - start;
  return length >= alignment ? length + alignment : 2 * alignment;
}

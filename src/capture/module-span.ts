import { ET, PT } from '../elf/constants.ts';
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

/** Whether a module that is opened later can have a range of ours: for a larger alignment ld.so looks for one by itself. */
export function hasPlace(module: Module): boolean {
  return module.elf.header.type === ET.DYN && moduleSpan(module).alignment <= pageSize;
}

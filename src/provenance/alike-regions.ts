/** Two captures of a program must have the same ranges; only where these are, and what words hold, may differ. */
import type { Capture, CapturedRegion } from '../capture/capture.ts';
import { Refusal } from '../util/errors.ts';

/** Throws Refusal where the linker mapped something else in each capture. */
export function requireAlikeRegions(first: Capture, second: Capture): void {
  if (first.regions.length !== second.regions.length)
    throw new Refusal('two captures differ in the number of ranges that the linker mapped');
  first.regions.forEach((region, index) => {
    const other = second.regions[index];
    if (!other || !isAlike(region, other))
      throw new Refusal('two captures differ in the ranges that the linker mapped');
  });
}

/** The heap may be longer: how much of it there is, the kernel and the environment decide. */
function isAlike(a: CapturedRegion, b: CapturedRegion): boolean {
  if (a.kind !== b.kind || a.module !== b.module) return false;
  return a.kind === 'heap' || (a.end - a.start === b.end - b.start && shape(a) === shape(b));
}

function shape({ start, mappings }: CapturedRegion): string {
  return mappings
    .map((each) => [each.start - start, each.end - start, each.protection, each.fileOffset].join(' '))
    .join();
}

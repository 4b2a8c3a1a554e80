import type { Blueprint } from './explained.ts';

/** How many pages the linker writes in each process of a program. */
export function writtenPages(regions: Blueprint['regions']): number {
  return regions.reduce((sum, region) => sum + region.writtenPages, 0);
}

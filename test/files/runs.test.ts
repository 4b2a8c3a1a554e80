/** Runs of pages: as few as the gap permits, over all pages, and over nothing else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinRuns } from '../../src/files/member-filing.ts';
import { toRanges } from '../../src/files/stock.ts';
import { pageSize } from '../../src/util/units.ts';

const origin = 0x2000_0000_0000;
const pageSets = fc
  .uniqueArray(fc.nat({ max: 80 }), { maxLength: 40 })
  .map((pages) => pages.map((page) => origin + page * pageSize));
const ascending = (pages: readonly number[]): number[] => [...pages].sort((a, b) => a - b);

/** Pages of a range. */
function pagesOf({ start, end }: { start: number; end: number }): number[] {
  return Array.from({ length: (end - start) / pageSize }, (_, index) => start + index * pageSize);
}

test('joinRuns covers every page; what it takes in besides lies in gaps of at most `gap` pages', () => {
  fc.assert(
    fc.property(pageSets.map(ascending), fc.nat({ max: 6 }), (pages, gap) => {
      const runs = joinRuns(pages, gap);
      const covered = runs.flatMap(pagesOf);
      expect(covered.filter((page) => pages.includes(page))).toEqual(pages);
      for (const run of runs) {
        const own = pages.filter((page) => page >= run.start && page < run.end);
        expect(own[0]).toBe(run.start);
        expect(own.at(-1)).toBe(run.end - pageSize);
        const distances = own.slice(1).map((page, index) => (page - own[index]!) / pageSize - 1);
        expect(Math.max(0, ...distances)).toBeLessThanOrEqual(gap);
      }
    }),
  );
});

test('joinRuns makes no run that the gap would have joined to its neighbour', () => {
  fc.assert(
    fc.property(pageSets.map(ascending), fc.nat({ max: 6 }), (pages, gap) => {
      const runs = joinRuns(pages, gap);
      for (const [index, run] of runs.slice(1).entries())
        expect((run.start - runs[index]!.end) / pageSize).toBeGreaterThan(gap);
    }),
  );
});

test('toRanges holds exactly the pages given, in any order, as the fewest ranges', () => {
  fc.assert(
    fc.property(pageSets, (pages) => {
      const ranges = toRanges(pages, origin);
      const covered = ranges.flatMap(({ start, length }) =>
        pagesOf({ start: origin + start, end: origin + start + length }),
      );
      expect(covered).toEqual(ascending(pages));
      for (const [index, range] of ranges.slice(1).entries())
        expect(range.start).toBeGreaterThan(ranges[index]!.start + ranges[index]!.length);
    }),
  );
});

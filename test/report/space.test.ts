/** The map of an address space and the pages by reason, without a browser: nothing is lost or doubled, and a view stays within. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageState, SpaceRange } from '../../src/measure/address-space.ts';
import { layOutCells, privatePages, totalsOf } from '../../src/report/page/heat-layout.ts';
import { actOn, select, showAll } from '../../src/report/page/space-actions.ts';
import { layOutSpace, ownersOf, pan, rangeAt, toColumns, zoom } from '../../src/report/page/space-layout.ts';
import { looks, states } from '../../src/report/page/states.ts';
import { pageSize } from '../../src/util/units.ts';

const runs = fc.array(
  fc.record({ pages: fc.integer({ min: 1, max: 500 }), state: fc.constantFrom(...states) }),
  { minLength: 1, maxLength: 6 },
);
const pagesOf = (range: Pick<SpaceRange, 'runs'>) => range.runs.reduce((sum, { pages }) => sum + pages, 0);

/** Ranges as /proc/PID/maps has them: ascending, with gaps of any size between them, or none. */
const spaces = fc
  .array(fc.record({ gap: fc.oneof(fc.constant(0), fc.nat(40), fc.nat(2 ** 34)), runs }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((parts) => {
    let page = 1;
    return parts.map((part, index): SpaceRange => {
      page += part.gap;
      const start = page * pageSize;
      page += pagesOf(part);
      const name = `/usr/lib/lib${String(index >> 1)}.so`;
      return { start, protection: 'rw-p', area: 'module', name, runs: part.runs };
    });
  });
const actions = fc.array(fc.constantFrom('in', 'out', 'all', 'left', 'right', 'next', 'previous'), {
  maxLength: 30,
});

describe('layOutSpace', () => {
  it('gives every page its width, in order, and gaps at most a quarter of all', () => {
    fc.assert(
      fc.property(spaces, (ranges) => {
        const layout = layOutSpace(ranges);
        let at = 0;
        for (const { from, to, pages } of layout.ranges) {
          expect(from).toBeGreaterThanOrEqual(at);
          expect(to - from).toBeCloseTo(pages, 6);
          at = to;
        }
        expect(layout.width).toBe(at);
        const total = ranges.reduce((sum, range) => sum + pagesOf(range), 0);
        const wide = layout.gaps.filter(({ pages }) => pages > 16);
        const width = wide.reduce((sum, { from, to }) => sum + to - from, 0);
        expect(width).toBeLessThanOrEqual(total / 4 + 1e-6);
      }),
    );
  });

  it('finds each range at its positions, and none in a gap', () => {
    fc.assert(
      fc.property(spaces, (ranges) => {
        const layout = layOutSpace(ranges);
        for (const placed of layout.ranges) {
          expect(rangeAt(layout, placed.from)).toBe(placed);
          expect(rangeAt(layout, (placed.from + placed.to) / 2)).toBe(placed);
        }
        for (const { from, to } of layout.gaps) expect(rangeAt(layout, (from + to) / 2)).toBeUndefined();
        expect(ownersOf(layout).length).toBeLessThanOrEqual(ranges.length);
      }),
    );
  });
});

describe('toColumns', () => {
  it('shows each page once, however many stand in a pixel', () => {
    fc.assert(
      fc.property(spaces, fc.integer({ min: 50, max: 1200 }), (ranges, pixels) => {
        const layout = layOutSpace(ranges);
        const shown = new Map<PageState, number>();
        for (const { from, to, parts } of toColumns(layout, { from: 0, to: layout.width }, pixels))
          for (const { state, part } of parts)
            shown.set(state, (shown.get(state) ?? 0) + (to - from) * part * (layout.width / pixels));
        for (const { state, pages } of totalsOf(ranges))
          // Neighbours that differ by less than a thousandth are drawn as one.
          expect(Math.abs((shown.get(state) ?? 0) - pages)).toBeLessThanOrEqual(layout.width / 500);
      }),
    );
  });
});

describe('a view', () => {
  it('stays within the address space, whatever is done', () => {
    fc.assert(
      fc.property(spaces, actions, (ranges, all) => {
        const layout = layOutSpace(ranges);
        const { view } = all.reduce(actOn, showAll(layout));
        expect(view.from).toBeGreaterThanOrEqual(0);
        expect(view.to).toBeLessThanOrEqual(layout.width + 1e-6);
        expect(view.to - view.from).toBeGreaterThan(0);
      }),
    );
  });

  it('keeps the position under the pointer where it zooms', () => {
    const layout = layOutSpace([
      { start: 0, protection: 'r--p', area: 'module', name: 'a', runs: [{ pages: 1000, state: 'shared' }] },
    ]);
    const view = zoom({ from: 0, to: 1000 }, layout, 400, 2);
    expect((400 - view.from) / (view.to - view.from)).toBeCloseTo(0.4, 9);
    expect(pan(view, layout, -1e9).from).toBe(0);
    expect(pan(view, layout, 1e9).to).toBeCloseTo(1000, 9);
  });

  it('moves to what is selected, and goes from range to range', () => {
    fc.assert(
      fc.property(spaces, (ranges) => {
        const layout = layOutSpace(ranges);
        let state = actOn(actOn(actOn(showAll(layout), 'next'), 'in'), 'in');
        expect(state.selected).toBe(layout.ranges[0]);
        for (const placed of layout.ranges) {
          state = select(state, placed);
          expect(state.selected).toBe(placed);
          const middle = (placed.from + placed.to) / 2;
          expect(middle).toBeGreaterThanOrEqual(state.view.from - 1e-6);
          expect(middle).toBeLessThanOrEqual(state.view.to + 1e-6);
        }
        expect(actOn(state, 'next').selected).toBe(layout.ranges.at(-1));
        expect(select(state, undefined)).toBe(state);
      }),
    );
  });
});

describe('layOutCells', () => {
  it('has a cell for each page in memory, one behind the other', () => {
    fc.assert(
      fc.property(
        spaces,
        fc.integer({ min: 1, max: 240 }),
        fc.constantFrom('reason', 'address'),
        (ranges, columns, order) => {
          const cells = layOutCells(ranges, columns, order);
          let at = 0;
          for (const { row, column, cells: count } of cells) {
            expect(row * columns + column).toBe(at);
            expect(column + count).toBeLessThanOrEqual(columns);
            at += count;
          }
          const totals = totalsOf(ranges).filter(({ state }) => state !== 'absent');
          expect(at).toBe(totals.reduce((sum, { pages }) => sum + pages, 0));
          const own = totals.filter(({ state }) => looks[state].isPrivate);
          expect(privatePages(totals)).toBe(own.reduce((sum, { pages }) => sum + pages, 0));
        },
      ),
    );
  });
});

/**
 * An address space on a line. It is sparse: a few hundred MB in 128 TiB. So pages have their width, and a gap has the same
 * small width whatever its size. Positions are in pages; nothing here needs a browser.
 */
import type { PageState, SpaceRange } from '../../measure/address-space.ts';
import { pageSize } from '../../util/units.ts';

export interface PlacedRange {
  readonly range: SpaceRange;
  readonly pages: number;
  readonly from: number;
  readonly to: number;
}

export interface Gap {
  readonly pages: number;
  readonly from: number;
  readonly to: number;
}

export interface SpaceLayout {
  readonly ranges: readonly PlacedRange[];
  readonly gaps: readonly Gap[];
  readonly width: number;
}

/** What is to be seen: positions. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** Gaps of fewer pages are drawn as they are. */
const smallGap = 16;
/** All gaps together have at most this part of the width that all pages have. */
const gapPart = 0.25;

export function layOutSpace(ranges: readonly SpaceRange[]): SpaceLayout {
  const sizes = ranges.map(({ runs }) => runs.reduce((sum, { pages }) => sum + pages, 0));
  const distances = ranges.map(({ start }, index) => {
    const before = ranges[index - 1];
    return before ? Math.round((start - before.start) / pageSize) - sizes[index - 1]! : 0;
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const large = distances.filter((pages) => pages > smallGap).length;
  const gapWidth = Math.min(total / 40, (total * gapPart) / Math.max(1, large));
  const placed: PlacedRange[] = [];
  const gaps: Gap[] = [];
  let at = 0;
  for (const [index, range] of ranges.entries()) {
    const distance = distances[index]!;
    const width = distance > smallGap ? gapWidth : Math.max(0, distance);
    if (width > 0) gaps.push({ pages: distance, from: at, to: at + width });
    at += width;
    placed.push({ range, pages: sizes[index]!, from: at, to: at + sizes[index]! });
    at += sizes[index]!;
  }
  return { ranges: placed, gaps, width: at };
}

/** Neighbouring columns of pixels that look alike: which part of their height each state takes. */
export interface Column {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly Part[];
}

interface Part {
  readonly state: PageState;
  /** 0 to 1. */
  readonly part: number;
}

/** Divides a view into so many columns of a pixel; each shows all its pages, however many they are. */
export function toColumns(layout: SpaceLayout, view: View, pixels: number): readonly Column[] {
  const scale = pixels / (view.to - view.from);
  const filled = Array.from({ length: pixels }, () => new Map<PageState, number>());
  for (const { from, to, state } of piecesIn(layout, view)) {
    const [left, right] = [(from - view.from) * scale, (to - view.from) * scale];
    for (let pixel = Math.max(0, Math.floor(left)); pixel < Math.min(pixels, right); pixel++) {
      const covered = Math.min(right, pixel + 1) - Math.max(left, pixel);
      filled[pixel]!.set(state, (filled[pixel]!.get(state) ?? 0) + covered);
    }
  }
  return mergeEqual(filled.map((parts) => [...parts].map(([state, part]) => ({ state, part }))));
}

interface Piece extends View {
  readonly state: PageState;
}

function piecesIn({ ranges }: SpaceLayout, view: View): readonly Piece[] {
  return ranges
    .filter(({ from, to }) => to > view.from && from < view.to)
    .flatMap(({ range, from }) => {
      let at = from;
      return range.runs.map(({ pages, state }) => ({ state, from: at, to: (at += pages) }));
    });
}

function mergeEqual(columns: readonly (readonly Part[])[]): readonly Column[] {
  const merged: Column[] = [];
  let last = '';
  for (const [pixel, parts] of columns.entries()) {
    const key = parts.map(({ state, part }) => `${state}${part.toFixed(3)}`).join();
    const before = merged.at(-1);
    if (before && key === last) merged[merged.length - 1] = { ...before, to: pixel + 1 };
    else merged.push({ from: pixel, to: pixel + 1, parts });
    last = key;
  }
  return merged.filter(({ parts }) => parts.length > 0);
}

/** A view around a position, closer by a factor, within the whole and not below a few pages. */
export function zoom(view: View, layout: SpaceLayout, at: number, factor: number): View {
  const size = Math.min(layout.width, Math.max(Math.min(8, layout.width), (view.to - view.from) / factor));
  const from = at - ((at - view.from) * size) / (view.to - view.from);
  return within({ from, to: from + size }, layout);
}

export function pan(view: View, layout: SpaceLayout, distance: number): View {
  return within({ from: view.from + distance, to: view.to + distance }, layout);
}

/** The view, moved as little as possible to have a range in it. */
export function reveal(view: View, layout: SpaceLayout, range: PlacedRange): View {
  if (range.from >= view.from && range.to <= view.to) return view;
  return pan(view, layout, (range.from + range.to - view.from - view.to) / 2);
}

function within({ from, to }: View, { width }: SpaceLayout): View {
  const begin = Math.min(Math.max(0, from), Math.max(0, width - (to - from)));
  return { from: begin, to: begin + (to - from) };
}

/** The range at a position; undefined in a gap. */
export function rangeAt({ ranges }: SpaceLayout, position: number): PlacedRange | undefined {
  return ranges.find(({ from, to }) => position >= from && position < to);
}

/** Neighbouring ranges of one owner: a module with its segments. */
export interface Owner extends View {
  readonly name: string;
}

export function ownersOf({ ranges }: SpaceLayout): readonly Owner[] {
  const owners: Owner[] = [];
  for (const { range, from, to } of ranges) {
    const name = ownerOf(range);
    const last = owners.at(-1);
    const isNext = last?.name === name && from - last.to <= smallGap;
    if (last && isNext) owners[owners.length - 1] = { ...last, to };
    else owners.push({ name, from, to });
  }
  return owners;
}

/** The module whose memory it is, without its folder, or what the kernel calls it. */
export function ownerOf({ module, name, area }: SpaceRange): string {
  const full = module ?? name;
  return full === '' ? area : (full.split('/').at(-1) ?? full);
}

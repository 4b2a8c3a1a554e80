/** What a person can do with a map of an address space, as a function of what it shows; nothing here needs a browser. */
import type { PlacedRange, SpaceLayout, View } from './space-layout.ts';
import { pan, reveal, zoom } from './space-layout.ts';

export interface MapState {
  readonly layout: SpaceLayout;
  readonly view: View;
  readonly selected?: PlacedRange;
}

export type Action = 'in' | 'out' | 'all' | 'left' | 'right' | 'next' | 'previous';

const zoomStep = 1.6;
/** Part of the view that a key moves it by. */
const panPart = 0.5;

/** All of an address space, and nothing selected. */
export function showAll(layout: SpaceLayout): MapState {
  return { layout, view: { from: 0, to: layout.width } };
}

export function actOn(state: MapState, action: Action): MapState {
  const { layout, view } = state;
  const step = (view.to - view.from) * panPart;
  switch (action) {
    case 'in':
      return { ...state, view: zoom(view, layout, middleOf(state), zoomStep) };
    case 'out':
      return { ...state, view: zoom(view, layout, middleOf(state), 1 / zoomStep) };
    case 'all':
      return { ...state, view: { from: 0, to: layout.width } };
    case 'left':
      return { ...state, view: pan(view, layout, -step) };
    case 'right':
      return { ...state, view: pan(view, layout, step) };
    case 'next':
      return select(state, neighbour(state, 1));
    case 'previous':
      return select(state, neighbour(state, -1));
  }
}

/** With the range in view; in a gap what was selected stays. */
export function select(state: MapState, range: PlacedRange | undefined): MapState {
  if (range === undefined || range === state.selected) return state;
  return { ...state, selected: range, view: reveal(state.view, state.layout, range) };
}

/** The middle of what is selected, where that is to be seen, or of the view. */
function middleOf({ view, selected }: MapState): number {
  const isSeen = selected !== undefined && selected.to > view.from && selected.from < view.to;
  return isSeen ? (selected.from + selected.to) / 2 : (view.from + view.to) / 2;
}

function neighbour({ layout: { ranges }, selected }: MapState, step: number): PlacedRange | undefined {
  const index = selected === undefined ? -1 : ranges.indexOf(selected);
  return ranges[Math.min(ranges.length - 1, Math.max(0, index + step))];
}

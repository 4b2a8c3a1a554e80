/** The map of one address space: zoomed by wheel, fingers, buttons and keys, and read by pointing or by arrow keys. */
import { hex, pageSize } from '../../util/units.ts';
import { element } from './element.ts';
import { createFigure } from './figure.ts';
import { followFingers } from './fingers.ts';
import type { Action, MapState } from './space-actions.ts';
import { actOn, select, showAll } from './space-actions.ts';
import { drawSpace } from './space-drawing.ts';
import type { PlacedRange, SpaceLayout } from './space-layout.ts';
import { ownerOf, pan, rangeAt, zoom } from './space-layout.ts';
import { looks, states } from './states.ts';

export interface SpaceMap {
  readonly figure: HTMLElement;
  /** Shows another address space, all of it. */
  readonly show: (layout: SpaceLayout, title: string) => void;
}

/** How a map is changed: what it shows becomes what the function makes of it. */
type Change = (next: (state: MapState) => MapState) => void;

/** `choices` stand above the map, `name` names its files. */
export function createSpaceMap(name: string, choices: readonly HTMLElement[]): SpaceMap {
  let state = showAll({ ranges: [], gaps: [], width: 1 });
  let title = '';
  const detail = element('p', { class: 'space-detail', 'aria-live': 'polite' });
  const change: Change = (next) => {
    const before = state;
    state = next(state);
    if (state === before) return;
    if (state.selected !== before.selected)
      detail.textContent = state.selected === undefined ? hint : describeRange(state.selected);
    redraw();
  };
  const act = (action: Action): void => {
    change((now) => actOn(now, action));
  };
  const { figure, redraw } = createFigure({
    name,
    draw: (width) => drawSpace({ ...state, width, title }),
    choices: [...choices, createButtons(act)],
    caption: [detail],
  });
  const surface = createSurface(figure.querySelector('.chart')!);
  listenToKeys(surface, act);
  listenToPointer(surface, change);
  return {
    figure,
    show(layout, nextTitle) {
      title = nextTitle;
      detail.textContent = hint;
      change(() => showAll(layout));
    },
  };
}

const hint =
  'Point at the map, or use the arrow keys, to see what is there; the wheel, two fingers, + and − zoom.';

/** What takes the focus and the pointer, around the chart. */
function createSurface(chart: Element): HTMLElement {
  const surface = element('div', {
    class: 'space-surface',
    tabindex: '0',
    role: 'application',
    'aria-label':
      'Map of the address space: plus and minus zoom, arrows go from range to range, Home shows all',
  });
  chart.replaceWith(surface);
  surface.append(chart);
  return surface;
}

const keys: Readonly<Record<string, Action>> = {
  '+': 'in',
  '=': 'in',
  '-': 'out',
  Home: 'all',
  '0': 'all',
  ArrowRight: 'next',
  ArrowLeft: 'previous',
  PageDown: 'right',
  PageUp: 'left',
};

function listenToKeys(surface: HTMLElement, act: (action: Action) => void): void {
  surface.addEventListener('keydown', (event) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(action);
  });
}

/** Pixels for a wheel to zoom by e. */
const wheelPixels = 300;

function listenToPointer(surface: HTMLElement, change: Change): void {
  const positionAt = ({ view }: MapState, clientX: number): number => {
    const { left, width } = surface.getBoundingClientRect();
    return view.from + ((clientX - left) / width) * (view.to - view.from);
  };
  const zoomed = (state: MapState, clientX: number, factor: number): MapState => {
    const view = zoom(state.view, state.layout, positionAt(state, clientX), factor);
    return { ...state, view };
  };
  const pointAt = ({ clientX }: MouseEvent): void => {
    change((state) => select(state, rangeAt(state.layout, positionAt(state, clientX))));
  };
  surface.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      change((state) => zoomed(state, event.clientX, Math.exp(-event.deltaY / wheelPixels)));
    },
    { passive: false },
  );
  surface.addEventListener('click', pointAt);
  surface.addEventListener('pointermove', (event) => {
    if (event.buttons === 0) pointAt(event);
  });
  followFingers(surface, (factor, clientX, distance) => {
    change((state) => {
      const size = state.view.to - state.view.from;
      const view = pan(state.view, state.layout, (-distance / surface.clientWidth) * size);
      return factor === 1 ? { ...state, view } : zoomed({ ...state, view }, clientX, factor);
    });
  });
}

function createButtons(act: (action: Action) => void): HTMLElement {
  const all = [
    ['out', '−', 'Zoom out'],
    ['in', '+', 'Zoom in'],
    ['all', 'All', 'Show all'],
    ['left', '←', 'Move to lower addresses'],
    ['right', '→', 'Move to higher addresses'],
  ] as const;
  const buttons = all.map(([action, text, label]) => {
    const button = element('button', { type: 'button', 'aria-label': label, title: label }, text);
    button.addEventListener('click', () => {
      act(action);
    });
    return button;
  });
  return element('span', { class: 'zoom', role: 'group', 'aria-label': 'Zoom' }, ...buttons);
}

/** `libc.so.6 · rw-p · module · 0x7f…–0x7f… · 12 pages: 8 private: written by …`. */
function describeRange({ range, pages }: PlacedRange): string {
  const counts = states.flatMap((state) => {
    const count = range.runs.reduce((sum, run) => sum + (run.state === state ? run.pages : 0), 0);
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${looks[state].words}`];
  });
  const [start, end] = [range.start, range.start + pages * pageSize];
  const of = range.module === undefined ? '' : ` in ${range.name.split('/').at(-1) ?? ''}`;
  const total = `${pages.toLocaleString('en')} page${pages === 1 ? '' : 's'}`;
  return `${ownerOf(range)}${of} · ${range.protection} · ${range.area} · ${hex(start)}–${hex(end)} · ${total}: ${counts.join('; ')}`;
}

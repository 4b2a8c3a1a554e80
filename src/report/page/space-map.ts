/** The map of one address space: zoomed by wheel, fingers, buttons and keys, and read by pointing or by arrow keys. */
import { hex, pageSize } from '../../util/units.ts';
import { element } from './element.ts';
import { createFigure } from './figure.ts';
import { followFingers } from './fingers.ts';
import { drawSpace } from './space-drawing.ts';
import type { PlacedRange, SpaceLayout, View } from './space-layout.ts';
import { ownerOf, pan, rangeAt, reveal, zoom } from './space-layout.ts';
import { looks, states } from './states.ts';

const zoomStep = 1.6;
/** Part of the view that a key moves it by. */
const panPart = 0.5;

export interface SpaceMap {
  readonly figure: HTMLElement;
  /** Shows another address space, all of it. */
  readonly show: (layout: SpaceLayout, title: string) => void;
}

/** `choices` stand above the map, `name` names its files. */
export function createSpaceMap(name: string, choices: readonly HTMLElement[]): SpaceMap {
  let layout: SpaceLayout = { ranges: [], gaps: [], width: 1 };
  let title = '';
  let view: View = { from: 0, to: 1 };
  let selected: PlacedRange | undefined;
  const detail = element('p', { class: 'space-detail', 'aria-live': 'polite' });
  const surface = element('div', {
    class: 'space-surface',
    tabindex: '0',
    role: 'application',
    'aria-label':
      'Map of the address space: plus and minus zoom, arrows go from range to range, Home shows all',
  });
  const { figure, redraw } = createFigure({
    name,
    draw: (width) => drawSpace({ layout, view, width, selected, title }),
    choices: [
      ...choices,
      createButtons((action) => {
        act(action);
      }),
    ],
    caption: [detail],
  });
  const frame = figure.querySelector('.chart')!;
  frame.replaceWith(surface);
  surface.append(frame);

  const look = (next: View): void => {
    view = next;
    redraw();
  };
  const select = (range: PlacedRange | undefined): void => {
    if (range === selected) return;
    selected = range;
    detail.textContent = range === undefined ? hint : describeRange(range);
    if (range) view = reveal(view, layout, range);
    redraw();
  };
  const middle = (): number =>
    selected && selected.to > view.from && selected.from < view.to
      ? (selected.from + selected.to) / 2
      : (view.from + view.to) / 2;
  const positionAt = (clientX: number): number => {
    const { left, width } = surface.getBoundingClientRect();
    return view.from + ((clientX - left) / width) * (view.to - view.from);
  };
  const act = (action: Action): void => {
    const size = view.to - view.from;
    const ways: Readonly<Record<Action, () => void>> = {
      in: () => {
        look(zoom(view, layout, middle(), zoomStep));
      },
      out: () => {
        look(zoom(view, layout, middle(), 1 / zoomStep));
      },
      all: () => {
        look({ from: 0, to: layout.width });
      },
      left: () => {
        look(pan(view, layout, -size * panPart));
      },
      right: () => {
        look(pan(view, layout, size * panPart));
      },
      next: () => {
        select(neighbour(layout, selected, 1));
      },
      previous: () => {
        select(neighbour(layout, selected, -1));
      },
    };
    ways[action]();
  };

  surface.addEventListener('keydown', (event) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(action);
  });
  surface.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      look(zoom(view, layout, positionAt(event.clientX), Math.exp(-event.deltaY / 300)));
    },
    { passive: false },
  );
  surface.addEventListener('pointermove', (event) => {
    if (event.buttons === 0) select(rangeAt(layout, positionAt(event.clientX)) ?? selected);
  });
  surface.addEventListener('click', (event) => {
    select(rangeAt(layout, positionAt(event.clientX)));
  });
  followFingers(surface, (factor, clientX, distance) => {
    const size = view.to - view.from;
    const moved = pan(view, layout, (-distance / surface.clientWidth) * size);
    look(factor === 1 ? moved : zoom(moved, layout, positionAt(clientX), factor));
  });
  return {
    figure,
    show(nextLayout, nextTitle) {
      [layout, title, selected] = [nextLayout, nextTitle, undefined];
      detail.textContent = hint;
      look({ from: 0, to: layout.width });
    },
  };
}

const hint =
  'Point at the map, or use the arrow keys, to see what is there; the wheel, two fingers, + and − zoom.';

type Action = 'in' | 'out' | 'all' | 'left' | 'right' | 'next' | 'previous';

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

function neighbour(
  { ranges }: SpaceLayout,
  selected: PlacedRange | undefined,
  step: number,
): PlacedRange | undefined {
  const index = selected === undefined ? -1 : ranges.indexOf(selected);
  return ranges[Math.min(ranges.length - 1, Math.max(0, index + step))];
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

/** A plot with what belongs to it: choices above it, how to read it below, and buttons that save it. */
import type { Child } from './element.ts';
import { element } from './element.ts';
import { createFitted } from './fitted.ts';
import { savePng, saveSvg } from './save-plot.ts';

export interface FigureParts {
  /** Names the files that it is saved as. */
  readonly name: string;
  /** The plot at a width in pixels. */
  readonly draw: (width: number) => Element;
  readonly choices?: readonly HTMLElement[];
  /** How to read it. */
  readonly caption: readonly Child[];
}

export interface Figure {
  readonly figure: HTMLElement;
  readonly redraw: () => void;
}

export function createFigure({ name, draw, choices = [], caption }: FigureParts): Figure {
  const { frame, redraw } = createFitted(draw);
  const bar = element('div', { class: 'tools' }, ...choices, createSaving(name, frame));
  const figure = element('figure', {}, bar, frame, element('figcaption', {}, ...caption));
  return { figure, redraw };
}

/** The plot is found when a button is pressed: it is drawn anew whenever its width changes. */
function createSaving(name: string, frame: HTMLElement): HTMLElement {
  const ways = { SVG: saveSvg, PNG: savePng };
  const buttons = Object.entries(ways).map(([kind, save]) => {
    const button = element('button', { type: 'button', title: `Save this plot as ${kind}` }, kind);
    button.addEventListener('click', () => {
      const plot = frame.querySelector('svg');
      if (plot !== null) void save(plot, `linkonce-${name}`);
    });
    return button;
  });
  return element('span', { class: 'saving', role: 'group', 'aria-label': 'Save this plot' }, ...buttons);
}

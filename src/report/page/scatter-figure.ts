/** A scatter plot with its choices: the axes, and where there are many variants, how many of them are shown. */
import type { ScaleKind } from './axis.ts';
import { preferredScale, scaleWords } from './axis.ts';
import { createChoice } from './choice.ts';
import type { Child } from './element.ts';
import { element } from './element.ts';
import { createFigure } from './figure.ts';
import type { Scatter } from './scatter-plot.ts';
import { createScatterPlot } from './scatter-plot.ts';
import type { Pair } from './standing.ts';
import { bestVariants, toMarks } from './standing.ts';

export interface ScatterFigure extends Omit<Scatter, 'marks'> {
  readonly name: string;
  readonly pairs: readonly Pair[];
  /** What its intervals are, and what else there is to say. */
  readonly caption: readonly Child[];
}

/** More marks than these are hard to read. */
const many = 16;

const amounts = { best: 'a variant a system', all: 'all variants' } as const;

export function createScatterFigure(settings: ScatterFigure): HTMLElement {
  const { name, pairs, caption } = settings;
  let scale: ScaleKind = preferredScale(pairs.map(({ x }) => x.median));
  let amount: keyof typeof amounts = pairs.length > many ? 'best' : 'all';
  const draw = (width: number): Element => {
    const shown = amount === 'best' ? bestVariants(pairs) : pairs;
    return createScatterPlot({ ...settings, marks: toMarks(shown) }, width, scale);
  };
  const scaleChoice = createChoice('Axes', scaleWords, scale, (chosen) => {
    scale = chosen;
    redraw();
  });
  const amountChoice = createChoice('Show', amounts, amount, (chosen) => {
    amount = chosen;
    redraw();
  });
  const choices = [...(bestVariants(pairs).length < pairs.length ? [amountChoice] : []), scaleChoice];
  const { figure, redraw } = createFigure({ name, draw, choices, caption: [key(), ...caption] });
  return figure;
}

function key(): Node {
  const entry = (kind: string, text: string): Node =>
    element('span', { class: 'key' }, element('i', { class: kind, 'aria-hidden': 'true' }), text);
  return element(
    'span',
    {},
    'Further down and to the left is better; the line joins the best medians. ',
    entry('base-line', 'base line'),
    entry('unbeaten', 'no other is clearly better: intervals that overlap are a tie'),
    entry('beaten', 'another is clearly better in one and not clearly worse in the other'),
  );
}

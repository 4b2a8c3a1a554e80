/** The plots in their sections, each with its choice of scale and its caption. */
import type { MeasuredProgram } from '../../measure/measurement.ts';
import { isMeasured, isTimed } from '../conclusion.ts';
import type { ScaleKind } from './axis.ts';
import { preferredScale } from './axis.ts';
import { element, section } from './element.ts';
import { createFitted } from './fitted.ts';
import { createMemoryPlot } from './memory-plot.ts';
import { createStripPlot } from './strip-plot.ts';
import { createTradeOffPlot } from './trade-off-plot.ts';

type Draw = (program: MeasuredProgram, width: number, scale: ScaleKind) => Element;

/** The sections: two plots, or one of memory alone where nothing was timed. */
export function createCharts(program: MeasuredProgram): readonly HTMLElement[] {
  const timed = program.results.filter(isTimed);
  if (timed.length === 0) return createMemoryChart(program);
  const medians = timed.map(({ startupMs }) => startupMs.median);
  const scale = preferredScale(medians);
  return [
    section('Memory against start-up', createChart(program, createTradeOffPlot, scale, tradeOffCaption())),
    section('Every run', createChart(program, createStripPlot, scale, stripCaption)),
  ];
}

function createMemoryChart(program: MeasuredProgram): readonly HTMLElement[] {
  if (!program.results.some(isMeasured)) return [];
  const { frame } = createFitted((width) => createMemoryPlot(program, width));
  return [section('Private memory', element('figure', {}, frame))];
}

/** A plot with its choice of scale and its caption. */
function createChart(
  program: MeasuredProgram,
  draw: Draw,
  first: ScaleKind,
  caption: string | Node,
): HTMLElement {
  let scale = first;
  const { frame, redraw } = createFitted((width) => draw(program, width, scale));
  const choice = createScaleChoice(first, (chosen) => {
    scale = chosen;
    redraw();
  });
  return element('figure', {}, choice, frame, element('figcaption', {}, caption));
}

let groups = 0;

function createScaleChoice(first: ScaleKind, onChoice: (scale: ScaleKind) => void): HTMLElement {
  const name = `scale-${++groups}`;
  const options = { linear: 'from zero', log: 'logarithmic' } as const;
  const labels = (['linear', 'log'] as const).map((scale) => {
    const input = element('input', { type: 'radio', name, ...(scale === first && { checked: '' }) });
    input.addEventListener('change', () => {
      onChoice(scale);
    });
    return element('label', {}, input, ` ${options[scale]}`);
  });
  return element('fieldset', {}, element('legend', {}, 'Axes'), ...labels);
}

function tradeOffCaption(): Node {
  const key = (kind: string, text: string): Node =>
    element('span', { class: 'key' }, element('i', { class: kind, 'aria-hidden': 'true' }), text);
  return element(
    'span',
    {},
    'Further down and to the left is better. ',
    key('base-line', 'base line'),
    key('unbeaten', 'no other is better in both'),
    key('beaten', 'another is at least as good in both'),
    'Bars are 95 % intervals of the median start-up.',
  );
}

const stripCaption =
  'Each thin line is one run; the thick one is the median, the shaded band its 95 % interval.';

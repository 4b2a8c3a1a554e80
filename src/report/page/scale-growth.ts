/** How the costs of systems grow with modules, imports and processes: what the growth lab measured, and the fitted laws. */
import { isBaseLine, nameOf } from '../../measure/measurement.ts';
import type {
  MeasuredPoint,
  ScaleAxis,
  ScaleFigure,
  ScaleFit,
  ScaleMeasurement,
  ScaleSeries,
} from '../../measure/scale-measurement.ts';
import { scaleAxes, scaleFigures } from '../../measure/scale-measurement.ts';
import { evaluateLaw } from '../../measure/scale/growth-law.ts';
import { none, significantDigits } from '../format.ts';
import { describeAxis, describeLaw, figureWords, hasFigure, isClear } from '../scale-words.ts';
import { createList } from './choice.ts';
import type { Curve, Point } from './curve-plot.ts';
import { createCurvePlot } from './curve-plot.ts';
import { element, section } from './element.ts';
import { createFigure } from './figure.ts';
import type { Picker } from './picker.ts';
import { createPicker } from './picker.ts';

/** One plot: a figure along an axis. */
interface View {
  readonly axis: ScaleAxis;
  readonly figure: ScaleFigure;
  readonly series: readonly ScaleSeries[];
}

export function createScaleGrowth(scale: ScaleMeasurement): HTMLElement | undefined {
  const views = viewsOf(scale);
  const [first] = views;
  if (first === undefined) return undefined;
  let view = first;
  const names = [...new Set(scale.series.map(nameOf))];
  const picker = createPicker(names, emphasised(scale), () => {
    redraw();
  });
  const laws = element('div', { class: 'totals' });
  const caption = element('p', { class: 'plain-text' });
  const show = (): void => {
    caption.textContent = describeView(scale, view);
    laws.replaceChildren(createLaws(view));
  };
  const titles = views.map(titleOf);
  const list = createList('Figure', titles, 0, (chosen) => {
    view = views[chosen]!;
    show();
    redraw();
  });
  const { figure, redraw } = createFigure({
    name: 'growth-of-costs',
    draw: (width) => drawView(view, picker, width),
    choices: [list, picker.control],
    caption: [caption, laws],
  });
  show();
  return section('How costs grow', figure);
}

function viewsOf({ series }: ScaleMeasurement): readonly View[] {
  return scaleAxes.flatMap((axis) =>
    scaleFigures
      .map((figure) => ({
        axis,
        figure,
        series: series.filter((one) => one.axis === axis && hasFigure(one, figure)),
      }))
      .filter((view) => view.series.length > 0),
  );
}

/** The base line, and those that start the fastest where the most modules are. */
function emphasised({ series }: ScaleMeasurement): readonly string[] {
  const ranked = series
    .filter(({ axis }) => axis === 'modules')
    .flatMap((one) => {
      const last = pointsOf(one, 'startupMs').at(-1);
      return last ? [{ name: nameOf(one), last }] : [];
    })
    .sort((one, other) => other.last.at - one.last.at || one.last.value - other.last.value)
    .map(({ name }) => name);
  const base = series.filter(isBaseLine).map(nameOf);
  return [...new Set([...base, ...ranked.slice(0, 3)])].slice(0, 4);
}

function titleOf({ axis, figure }: View): string {
  const text = figureWords[figure];
  return `${text[0]!.toUpperCase()}${text.slice(1)} – as ${axis} grow`;
}

function drawView({ axis, figure, series }: View, picker: Picker, width: number): Element {
  const curves = series.map((one): Curve => {
    const points = pointsOf(one, figure);
    return { name: nameOf(one), points, line: lineOf(lawOf(one, figure), points) };
  });
  return createCurvePlot(
    {
      curves,
      xLabel: `${axis} →`,
      yLabel: `↑ ${figureWords[figure]}`,
      title: `How ${figureWords[figure]} grows with ${axis}`,
      description: 'Measured points of each system, and the fitted laws, which are in the table below.',
      colourOf: picker.colourOf,
      pointWord: 'measured',
      lineWord: 'law',
      format: significantDigits,
    },
    width,
  );
}

function pointsOf({ points }: ScaleSeries, figure: ScaleFigure): readonly Point[] {
  return points
    .filter((point): point is MeasuredPoint => point.status === 'measured')
    .flatMap(({ at, figures }) => {
      const estimate = figures[figure];
      return estimate ? [{ at, value: estimate.median, low: estimate.low, high: estimate.high }] : [];
    });
}

function lawOf({ fits, points }: ScaleSeries, figure: ScaleFigure): ScaleFit | undefined {
  const fit = fits.find((one) => one.figure === figure);
  return fit && isClear(fit, points) ? fit : undefined;
}

/** Steps of a line in each factor of ten. */
const steps = 8;

function lineOf(fit: ScaleFit | undefined, points: readonly Point[]): readonly Point[] {
  const [from, to] = [points[0]?.at ?? 1, points.at(-1)?.at ?? 1];
  if (fit === undefined || from >= to) return [];
  const count = Math.ceil(Math.log10(to / from) * steps);
  return Array.from({ length: count + 1 }, (_, index) => {
    const at = from * (to / from) ** (index / count);
    return { at, value: evaluateLaw(fit, at) };
  });
}

function describeView(scale: ScaleMeasurement, { axis }: View): string {
  const words = describeAxis(scale, axis);
  return `Synthetic programs: ${words}. Points are medians of ${scale.settings.runs} interleaved runs with their 95 % intervals; dashed lines are the laws constant + coefficient × size^exponent that fit them, where the growth is certain.`;
}

function createLaws({ figure, series }: View): HTMLElement {
  const rows = series.map((one) => {
    const law = describeLaw(one, figure);
    const last = pointsOf(one, figure).at(-1);
    const cells = [law, last ? `${significantDigits(last.value)} at ${last.at.toLocaleString('en')}` : none];
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, nameOf(one)),
      ...cells.map((cell) => element('td', {}, cell)),
    );
  });
  const heads = ['System', `Law of ${figureWords[figure]}`, 'Measured at most'].map((head) =>
    element('th', { scope: 'col' }, head),
  );
  const table = element(
    'table',
    { class: 'plain' },
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...rows),
  );
  return element('details', {}, element('summary', {}, 'The laws of all systems'), table);
}

/** A figure as something grows: what was measured or thrown as points, what a model or a law says as lines. */
import * as Plot from '@observablehq/plot';
import type { ScaleKind } from './axis.ts';
import { fitAxis } from './axis.ts';
import { axisAcross, axisUpright, belowPlot, scaleOf } from './axis-marks.ts';
import { describeChart } from './element.ts';
import { narrowWidth } from './rows.ts';
import { widestText } from './text-width.ts';

/** Of one system. */
export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
  readonly line: readonly Point[];
}

export interface Point {
  readonly at: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Curves {
  readonly curves: readonly Curve[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title: string;
  readonly description: string;
  readonly colourOf: (name: string) => string | undefined;
  /** What points and lines are, to follow a system's name. */
  readonly pointWord: string;
  readonly lineWord: string;
  readonly format: (value: number) => string;
  /** Logarithmic where absent. */
  readonly scales?: { readonly x: ScaleKind; readonly y: ScaleKind };
}

interface Item extends Point {
  readonly name: string;
}

/** The plot at a width in pixels; what is not above zero has no place on a logarithmic axis. */
export function createCurvePlot(all: Curves, width: number): Element {
  const { scales = { x: 'log', y: 'log' } } = all;
  const curves = { ...all, curves: all.curves.map((curve) => placeable(curve, scales)) };
  const items = curves.curves.flatMap(({ points, line }) => [...points, ...line]);
  const x = fitAxis(
    items.map(({ at }) => at),
    scales.x,
    width / 90,
  );
  const y = fitAxis(
    items.flatMap(({ value, low = value, high = value }) => (low > 0 ? [low, high] : [value, high])),
    scales.y,
    7,
  );
  const plot = Plot.plot({
    width,
    height: width < narrowWidth ? 340 : 420,
    marginLeft: 66,
    marginRight: width < narrowWidth ? 24 : labelGap + widestText(emphasised(curves), 'bold') + 6,
    marginTop: 30,
    marginBottom: belowPlot,
    x: scaleOf(x),
    y: scaleOf(y),
    marks: [
      ...axisAcross(x, curves.xLabel),
      ...axisUpright(y, curves.yLabel),
      ...layers(curves),
      ...(width < narrowWidth ? [] : [endLabels(curves)]),
    ],
  });
  describeChart(plot, curves.title, curves.description);
  return plot;
}

/** Between the right end of the curves and their names. */
const labelGap = 8;

function emphasised({ curves, colourOf }: Curves): readonly string[] {
  return curves.map(({ name }) => name).filter((name) => colourOf(name) !== undefined);
}

function placeable(curve: Curve, { x, y }: Required<Curves>['scales']): Curve {
  const isPlaceable = ({ at, value }: Point): boolean =>
    (x === 'linear' || at > 0) && (y === 'linear' || value > 0);
  return { ...curve, points: curve.points.filter(isPlaceable), line: curve.line.filter(isPlaceable) };
}

function itemsOf(curves: readonly Curve[], of: (curve: Curve) => readonly Point[]): readonly Item[] {
  return curves.flatMap((curve) => of(curve).map((point) => ({ ...point, name: curve.name })));
}

/** The emphasised systems stand over the others. */
function layers({ curves, colourOf, pointWord, lineWord, format }: Curves): Plot.Markish[] {
  const [strong, faint] = [true, false].map((isStrong) =>
    curves.filter(({ name }) => (colourOf(name) !== undefined) === isStrong),
  ) as [Curve[], Curve[]];
  const colour = ({ name }: Item): string => colourOf(name) ?? 'var(--faint)';
  const lines = (of: readonly Curve[], strokeWidth: number): Plot.Markish =>
    Plot.line(
      itemsOf(of, ({ line }) => line),
      { x: 'at', y: 'value', z: 'name', stroke: colour, strokeWidth, strokeDasharray: '5 3' },
    );
  const points = itemsOf(strong, ({ points }) => points);
  return [
    lines(faint, 1),
    Plot.dot(
      itemsOf(faint, ({ points: own }) => own),
      { x: 'at', y: 'value', r: 2, fill: colour },
    ),
    lines(strong, 2),
    Plot.ruleX(points, {
      x: 'at',
      y1: ({ low, value }: Item) => (low !== undefined && low > 0 ? low : value),
      y2: ({ high, value }: Item) => high ?? value,
      stroke: colour,
      strokeWidth: 2,
    }),
    Plot.dot(points, { x: 'at', y: 'value', r: 4, fill: colour }),
    Plot.tip(
      [
        ...points.map((point) => ({ ...point, word: pointWord })),
        ...itemsOf(strong, ({ line }) => line).map((point) => ({ ...point, word: lineWord })),
      ],
      Plot.pointer({
        x: 'at',
        y: 'value',
        title: ({ name, at, value, word }: Item & { word: string }) =>
          `${name}, ${word}\n${at.toLocaleString('en')}: ${format(value)}`,
      }),
    ),
  ];
}

/** Names at the right end of the emphasised curves, moved apart where they would overlap. */
function endLabels({ curves, colourOf }: Curves): Plot.Markish {
  const ends = curves.flatMap(({ name, points, line }) => {
    const end = [...points, ...line].sort((one, other) => other.at - one.at)[0];
    return end === undefined || colourOf(name) === undefined ? [] : [{ ...end, name }];
  });
  return (_index, scales, _values, { width, marginRight, height, marginTop, marginBottom }) => {
    const layer = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    const labels = ends
      .map((end) => ({ ...end, y: scales.y!(end.value) as number }))
      .sort((one, other) => one.y - other.y);
    const places = apart(
      labels.map(({ y }) => y),
      { from: marginTop, to: height - marginBottom },
    );
    for (const [index, { name }] of labels.entries())
      layer.append(createLabel(name, width - marginRight + labelGap, places[index]!, colourOf(name)!));
    return layer;
  };
}

const lineHeight = 15;

/** Each at least a line below the one before, and none below the plot: `wanted` are in order. */
function apart(wanted: readonly number[], { from, to }: { from: number; to: number }): readonly number[] {
  const places: number[] = [];
  for (const place of wanted) places.push(Math.max(place, from, (places.at(-1) ?? -Infinity) + lineHeight));
  for (let index = places.length - 1, most = to; index >= 0; index--, most -= lineHeight)
    places[index] = Math.min(places[index]!, most);
  return places;
}

function createLabel(name: string, x: number, y: number, colour: string): SVGTextElement {
  const label = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  for (const [key, value] of Object.entries({ x, y, dy: '0.35em', class: 'curve-label' }))
    label.setAttribute(key, String(value));
  label.style.fill = colour;
  label.textContent = name;
  return label;
}

/** Two figures of each system against each other, with their intervals, and the front of the best choices. */
import * as Plot from '@observablehq/plot';
import type { ScaleKind } from './axis.ts';
import { fitAxis } from './axis.ts';
import { axisAcross, axisUpright, belowPlot, scaleOf } from './axis-marks.ts';
import { describeChart } from './element.ts';
import { labelLayer } from './label-layer.ts';
import { narrowWidth } from './rows.ts';
import type { Mark } from './standing.ts';
import { frontOf } from './standing.ts';

export interface Scatter {
  readonly marks: readonly Mark[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title: string;
  readonly description: string;
  /** What is said of a mark that is pointed at. */
  readonly describe: (mark: Mark) => string;
}

/** The plot at a width in pixels; there is at least one mark. */
export function createScatterPlot(scatter: Scatter, width: number, scale: ScaleKind): Element {
  const { marks, xLabel, yLabel, title, description } = scatter;
  const x = fitAxis(
    marks.flatMap((mark) => [mark.x.low, mark.x.high]),
    scale,
    width / 90,
  );
  const y = fitAxis(
    marks.flatMap((mark) => [mark.y.low, mark.y.high]),
    scale,
    6,
  );
  const plot = Plot.plot({
    width,
    height: width < narrowWidth ? 380 : 480,
    marginLeft: 58,
    marginRight: 14,
    marginTop: 30,
    marginBottom: belowPlot,
    x: scaleOf(x),
    y: scaleOf(y),
    marks: [...axisAcross(x, xLabel), ...axisUpright(y, yLabel), ...layers(scatter)],
  });
  describeChart(plot, title, description);
  return plot;
}

function layers({ marks, describe }: Scatter): Plot.Markish[] {
  const dot = Plot.dot(marks, {
    x: ({ x }: Mark) => x.median,
    y: ({ y }: Mark) => y.median,
    r: 5.5,
    symbol: ({ standing }: Mark) => (standing === 'base line' ? 'square' : 'circle'),
    stroke: colourOf,
    fill: (mark: Mark) => (mark.standing === 'beaten' ? 'var(--surface)' : colourOf(mark)),
    strokeWidth: 2,
    title: describe,
    tip: true,
  });
  return [frontLine(marks), ...intervals(marks), labelLayer(marks), dot];
}

/** Steps: what lies above and to the right of the line is beaten by one of its corners. */
function frontLine(marks: readonly Mark[]): Plot.Markish {
  return Plot.line(frontOf(marks), {
    x: ({ x }: Mark) => x.median,
    y: ({ y }: Mark) => y.median,
    curve: 'step-after',
    stroke: 'var(--accent)',
    strokeWidth: 1.5,
    strokeOpacity: 0.55,
    ariaLabel: 'front of best choices',
  });
}

function intervals(marks: readonly Mark[]): Plot.Markish[] {
  const look = { stroke: colourOf, strokeWidth: 2, strokeOpacity: 0.6 };
  const across = Plot.ruleY(marks, {
    y: ({ y }: Mark) => y.median,
    x1: ({ x }: Mark) => x.low,
    x2: ({ x }: Mark) => x.high,
    ...look,
  });
  const upright = Plot.ruleX(marks, {
    x: ({ x }: Mark) => x.median,
    y1: ({ y }: Mark) => y.low,
    y2: ({ y }: Mark) => y.high,
    ...look,
  });
  return [across, upright];
}

function colourOf({ standing }: Mark): string {
  return standing === 'base line' ? 'var(--base-line)' : 'var(--accent)';
}

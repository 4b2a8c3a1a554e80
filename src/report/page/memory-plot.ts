/** Private memory alone, one bar a system: what there is to see where nothing was timed. */
import * as Plot from '@observablehq/plot';
import type { MeasuredProgram } from '../../measure/measurement.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';
import { conclude, isMeasured } from '../conclusion.ts';
import { formatKb } from '../format.ts';
import { fitAxis } from './axis.ts';
import { describeChart } from './element.ts';
import { nameLayer, rowHeight, rowMargin, rowPadding } from './rows.ts';

/** The plot at a width in pixels. The most frugal is at the top. */
export function createMemoryPlot(program: MeasuredProgram, width: number): Element {
  const rows = program.results
    .filter(isMeasured)
    .map((result) => ({
      name: nameOf(result),
      kb: result.privateKb,
      label: formatKb(result.privateKb),
      colour: isBaseLine(result) ? 'var(--base-line)' : 'var(--accent)',
    }))
    .sort((one, other) => one.kb - other.kb);
  const axis = fitAxis(
    rows.map(({ kb }) => kb),
    'linear',
    width / 120,
  );
  const plot = Plot.plot({
    width,
    height: rows.length * rowHeight(width) + 60,
    marginLeft: rowMargin(width),
    marginRight: 70,
    marginTop: 12,
    marginBottom: 44,
    x: { ...axis, label: 'private memory of a process, kB →' },
    y: { domain: rows.map(({ name }) => name), axis: null, padding: rowPadding(width) },
    marks: [
      Plot.gridX({ ticks: axis.ticks }),
      Plot.barX(rows, { x: 'kb', y: 'name', fill: 'colour' }),
      Plot.text(rows, { x: 'kb', y: 'name', text: 'label', textAnchor: 'start', dx: 6 }),
      nameLayer(rows, width),
    ],
  });
  describeChart(plot, 'Private memory of a process, by system', conclude(program));
  return plot;
}

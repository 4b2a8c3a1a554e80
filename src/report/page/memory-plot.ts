/** Private memory alone, one bar a system: what there is to see where nothing was timed. */
import * as Plot from '@observablehq/plot';
import type { MeasuredProgram, MeasuredResult } from '../../measure/measurement.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';
import { conclude, findWinners, isMeasured } from '../conclusion.ts';
import { inUnit, memoryUnitOf } from '../format.ts';
import { fitAxis } from './axis.ts';
import { axisAcross, belowPlot, scaleOf } from './axis-marks.ts';
import { describeChart } from './element.ts';
import { endMargin, nameLayer, rowHeight, rowMargin, rowPadding } from './rows.ts';

/** The plot at a width in pixels. The most frugal is at the top. */
export function createMemoryPlot(program: MeasuredProgram, width: number): Element {
  const measured = program.results.filter(isMeasured);
  const unit = memoryUnitOf(measured.map(({ privateKb }) => privateKb));
  const { mostFrugal, asFrugal } = findWinners(program);
  const isTied = (result: MeasuredResult): boolean =>
    asFrugal.includes(result) || (result === mostFrugal && asFrugal.length > 0);
  const rows = measured
    .map((result) => ({
      name: nameOf(result),
      amount: result.privateKb / unit.kb,
      label: `${inUnit(result.privateKb, unit)}${isTied(result) ? ', tied' : ''}`,
      colour: isBaseLine(result) ? 'var(--base-line)' : 'var(--accent)',
    }))
    .sort((one, other) => one.amount - other.amount);
  const axis = fitAxis(
    rows.map(({ amount }) => amount),
    'linear',
    width / 120,
  );
  const plot = Plot.plot({
    width,
    height: rows.length * rowHeight(width) + 60,
    marginLeft: rowMargin(rows, width),
    marginRight: endMargin(rows.map(({ label }) => label)),
    marginTop: 12,
    marginBottom: belowPlot,
    x: scaleOf(axis),
    y: { domain: rows.map(({ name }) => name), axis: null, padding: rowPadding(width) },
    marks: [
      ...axisAcross(axis, `private memory of a process, ${unit.name} →`),
      Plot.barX(rows, { x: 'amount', y: 'name', fill: 'colour' }),
      Plot.text(rows, { x: 'amount', y: 'name', text: 'label', textAnchor: 'start', dx: 6 }),
      nameLayer(rows, width),
    ],
  });
  describeChart(plot, 'Private memory of a process, by system', conclude(program));
  return plot;
}

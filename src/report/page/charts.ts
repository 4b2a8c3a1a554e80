/** The plots of one program in their sections; what was not measured has no plot. */
import type { MeasuredProgram, Measurement } from '../../measure/measurement.ts';
import { isMeasured, isTimed } from '../conclusion.ts';
import { renderSamples } from '../csv.ts';
import type { ScaleKind } from './axis.ts';
import { preferredScale, scaleWords } from './axis.ts';
import { createChoice } from './choice.ts';
import { createDownload } from './download.ts';
import { section } from './element.ts';
import { createFigure } from './figure.ts';
import { createGrowth } from './growth.ts';
import { createMemoryPlot } from './memory-plot.ts';
import { createSpaces } from './spaces.ts';
import { createStripPlot } from './strip-plot.ts';
import { createCallTradeOff, createStartupTradeOff } from './trade-off.ts';

export function createCharts(
  measurement: Measurement,
  program: MeasuredProgram,
): readonly (HTMLElement | undefined)[] {
  const isAnyTimed = program.results.some(isTimed);
  return [
    isAnyTimed ? createStartupTradeOff(program) : createMemoryChart(program),
    createCallTradeOff(measurement, program),
    isAnyTimed ? createEveryRun(measurement, program) : undefined,
    createGrowth(program),
    ...createSpaces(program),
  ];
}

function createMemoryChart(program: MeasuredProgram): HTMLElement | undefined {
  if (!program.results.some(isMeasured)) return undefined;
  const { figure } = createFigure({
    name: 'private-memory',
    draw: (width) => createMemoryPlot(program, width),
    caption: ['Private_Dirty of one process: the median of all that were alive at once.'],
  });
  return section('Private memory', figure);
}

function createEveryRun(measurement: Measurement, program: MeasuredProgram): HTMLElement {
  let scale: ScaleKind = preferredScale(
    program.results.filter(isTimed).map(({ startupMs }) => startupMs.median),
  );
  const choice = createChoice('Axis', scaleWords, scale, (chosen) => {
    scale = chosen;
    redraw();
  });
  const { figure, redraw } = createFigure({
    name: 'every-run',
    draw: (width) => createStripPlot(program, width, scale),
    choices: [choice],
    caption: [
      'Each thin line is one run; the thick one is the median, the shaded band its 95 % interval. The dashed line is where the fastest one’s interval ends: bands that begin before it are as fast as the samples tell, and have the strong colour. ',
      createDownload('These runs as CSV', 'linkonce-runs.csv', 'text/csv', () =>
        renderSamples({ ...measurement, programs: [program] }),
      ),
    ],
  });
  return section('Every run', figure);
}

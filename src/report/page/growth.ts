/** Memory of N processes of a program as N grows: measured as far as that was asked for, and a model beyond. */
import type { MeasuredProgram, MeasuredResult } from '../../measure/measurement.ts';
import { nameOf } from '../../measure/measurement.ts';
import { memoryOfProcesses } from '../../models/memory-growth.ts';
import { isMeasured } from '../conclusion.ts';
import type { MemoryUnit } from '../format.ts';
import { inUnit, memoryUnitOf, processesOf } from '../format.ts';
import type { Curve } from './curve-plot.ts';
import { createCurvePlot } from './curve-plot.ts';
import { section } from './element.ts';
import { emphasisOf } from './emphasis.ts';
import { createFigure } from './figure.ts';
import { createPicker } from './picker.ts';

/** The numbers of processes for which the model is drawn. */
const sizes = [1, 2, 3, 5, 7, 10, 20, 30, 50, 70, 100, 200, 300, 500, 700, 1000];

export function createGrowth(program: MeasuredProgram): HTMLElement | undefined {
  const measured = program.results.filter(isMeasured);
  if (measured.length === 0) return undefined;
  const unit = unitOf(measured);
  const curves = measured.map((result) => toCurve(result, unit));
  const picker = createPicker(measured.map(nameOf), emphasisOf(program), () => {
    redraw();
  });
  const draw = (width: number): Element =>
    createCurvePlot(
      {
        curves,
        xLabel: 'processes alive at once →',
        yLabel: `↑ memory of all of them, ${unit.name}`,
        title: 'Memory of processes of one program as their number grows',
        description: 'Of each system: measured sums of PSS, and a model.',
        colourOf: picker.colourOf,
        pointWord: 'measured',
        lineWord: 'model',
        format: (amount) => `${inUnit(amount * unit.kb, unit)} ${unit.name}`,
      },
      width,
    );
  const caption = captionOf(program, curves);
  const { figure, redraw } = createFigure({
    name: 'memory-of-processes',
    draw,
    choices: [picker.control],
    caption: [caption],
  });
  return section('Memory as processes are added', figure);
}

/** The one that the largest of all curves is said in. */
function unitOf(results: readonly MeasuredResult[]): MemoryUnit {
  return memoryUnitOf(results.flatMap((result) => sizes.map((size) => memoryOfProcesses(result, size))));
}

function toCurve(result: MeasuredResult, { kb }: MemoryUnit): Curve {
  const points = (result.growth ?? []).map(({ processes, pssKb }) => ({ at: processes, value: pssKb / kb }));
  const line = sizes.map((at) => ({ at, value: memoryOfProcesses(result, at) / kb }));
  return { name: nameOf(result), points, line };
}

function captionOf(program: MeasuredProgram, curves: readonly Curve[]): string {
  const points = curves.some((curve) => curve.points.length > 0)
    ? 'Points are measured: the sum of PSS over all processes, which counts a page that others of this machine map, too, only in part: libraries that many programs use make the points of few processes lie below the line. '
    : 'How memory grows was not measured (compare --full does). ';
  const model = `Dashed lines are a model: shared memory once, and private memory once a process, both from the weighing of ${processesOf(program)} in the table.`;
  return `${points}${model} Where a line is steep from the left on, nearly all is private; where it stays flat, nearly all is shared.`;
}

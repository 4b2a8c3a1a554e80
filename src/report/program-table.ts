/** The results of one program as a table for a terminal. */
import type { MeasuredProgram } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { programFigures } from './figures.ts';
import { threeDigits } from './format.ts';
import { figureColumns, renderTable } from './table.ts';

export function renderProgramTable(program: MeasuredProgram, colors: Colors): string {
  const { results } = program;
  const columns = figureColumns(programFigures, results, {
    details: {
      startupMs: ({ startupMs }) =>
        startupMs ? `[${threeDigits(startupMs.low)}–${threeDigits(startupMs.high)}]` : '',
    },
  });
  return renderTable(results, columns, colors);
}

/** What the call lab found, for a terminal: at most 90 columns. */
import type { CallFigures, CallMeasurement, FigureId, MeasuredCalls } from '../measure/call-measurement.ts';
import { figureIds } from '../measure/call-measurement.ts';
import type { Colors } from '../util/colors.ts';
import { alignColumns } from '../util/align-columns.ts';
import { distanceReasons, distanceTable, distanceWords, jumpTable, jumpWords } from './call-distances.ts';
import { threeDigits, wrap } from './format.ts';
import { reasonLines } from './reasons.ts';
import type { Column, Row } from './table.ts';
import { renderTable } from './table.ts';

/** A row: a system's, or the static link's. */
interface Figures {
  readonly system: string;
  readonly variant: string;
  readonly figures: CallFigures;
}

const legend =
  'ns a call; below, times as much as in the static link; below that, as under got-plt lazy. direct, tail, pointer, constant: ' +
  'in a loop, predicted; cold: once, after caches and branch predictors were emptied; first: the first of a process. plt: ' +
  'call sites that call PLT slots; got: that call through the GOT (-fno-plt)';

/** Lines, the last one ended, too. */
export function renderCalls(measurement: CallMeasurement, colors: Colors): string {
  const { settings } = measurement;
  const paragraphs = [
    `${colors.bold('Calls between modules')}\n${wrap(`medians of ${settings.rounds} processes each; ${legend}`, '')}`,
    renderTable(rowsOf(measurement), columns, colors),
    reasonsOf(measurement),
    loopLine(measurement),
    ...renderDistances(measurement, colors),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

/** Near and far, and jumps by distance; of a file of version 1, that it has neither. */
function renderDistances(measurement: CallMeasurement, colors: Colors): readonly string[] {
  const near = distanceTable(measurement);
  if (near === undefined && measurement.jumps === undefined)
    return ['Calls by distance were not measured: by this run, or not yet when it was made.'];
  const reasons = distanceReasons(measurement).map((line) => wrap(line));
  const head = colors.bold('Calls by distance');
  return [
    near ? `${head}\n${wrap(distanceWords, '')}\n\n${alignColumns([near.head, ...near.rows])}`.trimEnd() : '',
    reasons.join('\n'),
    renderJumps(measurement, colors),
  ];
}

/** What the processor does without any system; empty where that was not timed. */
export function renderJumps({ jumps }: Parameters<typeof jumpTable>[0], colors: Colors): string {
  const table = jumpTable({ jumps });
  if (table === undefined) return '';
  const rows = alignColumns([table.head, ...table.rows]);
  return `${colors.bold('Jumps by distance')}\n${wrap(jumpWords, '')}\n\n${rows}`.trimEnd();
}

/** The figures that tell systems apart, with their intervals: at most 80 columns. */
export function renderShortCalls(measurement: CallMeasurement, colors: Colors): string {
  const table = renderTable(rowsOf(measurement), shortIds.map(shortColumnOf), colors);
  return [table, reasonsOf(measurement)].filter(Boolean).join('\n\n');
}

const shortIds = ['direct-plt', 'pointer', 'cold-plt', 'first-plt'] as const satisfies readonly FigureId[];

function shortColumnOf(id: FigureId): Column<Figures> {
  return {
    head: [id.replace(/-plt$/, ''), 'ns'],
    cell: ({ figures }) => threeDigits(figures[id].ns.median),
    detail({ figures }) {
      const { low, high } = figures[id].ns;
      return `[${threeDigits(low)}–${threeDigits(high)}]`;
    },
  };
}

function rowsOf({ staticLink, results }: CallMeasurement): readonly Row<Figures>[] {
  return [{ system: 'static link', variant: '', status: 'measured', figures: staticLink }, ...results];
}

function reasonsOf({ results }: CallMeasurement): string {
  return reasonLines(results)
    .map((line) => wrap(line))
    .join('\n');
}

const columns: readonly Column<Figures>[] = figureIds.filter((id) => id !== 'loop').map(columnOf);

function columnOf(id: FigureId): Column<Figures> {
  const [name = '', style = ''] = id.split('-');
  return {
    head: [name, style],
    cell: ({ figures }) => threeDigits(figures[id].ns.median),
    detail: ({ figures }) => {
      const { toStatic, toBaseLine } = figures[id];
      return `${threeDigits(toStatic.median)}\n${threeDigits(toBaseLine.median)}`;
    },
  };
}

/** The same code in the same place for all: what it differs by is the machine's noise. */
function loopLine({ staticLink, results }: CallMeasurement): string {
  const measured = results.filter((result): result is MeasuredCalls => result.status === 'measured');
  const ratios = measured.map(({ figures }) => figures.loop.toStatic.median);
  const range = `${threeDigits(Math.min(...ratios))} to ${threeDigits(Math.max(...ratios))}`;
  const ns = threeDigits(staticLink.loop.ns.median);
  return wrap(
    `The loop without its calls takes ${ns} ns a turn in the static link, ${range} times that under the systems.`,
    '',
  );
}

/**
 * `--csv`: the figures of a measurement as a table for other programs, RFC 4180. A row is a program under a system and variant;
 * columns are named after the fields of docs/formats/measurement.md and calls.md. What was not measured is empty, never 0.
 * Nothing here needs Node: the page writes it, too.
 */
import type { CallMeasurement } from '../measure/call-measurement.ts';
import { figureIds } from '../measure/call-measurement.ts';
import type {
  MeasuredProgram,
  MeasuredResult,
  Measurement,
  Result,
  ResultHead,
  Spread,
} from '../measure/measurement.ts';
import { isSameVariant } from '../measure/measurement.ts';
import type { Figure } from './figures.ts';
import { memoryIds, startAndMemory, zramFigures } from './figures.ts';

type Cell = string | number | undefined;
/** By column; all rows of a file have the same columns. */
type Row = Readonly<Record<string, Cell>>;

/** The text of the file. */
export function renderCsv(measurement: Measurement): string {
  const rows = measurement.programs.flatMap((program) =>
    program.results.map((result) => rowOf(measurement, program, result)),
  );
  const columns = Object.keys(rows[0] ?? {});
  return renderLines([columns, ...rows.map((row) => columns.map((column) => row[column]))]);
}

/** The cells of each line. Throws SyntaxError for a text that is no CSV. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  let at = 0;
  for (const [all, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy)) {
    if (at === text.length) break;
    at += all.length;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
  }
  if (at !== text.length) throw new SyntaxError(`no CSV at character ${at}`);
  return rows.filter((row) => row.length > 0);
}

/** `--samples`: a row for each timed run, in the order of the rounds: what medians and intervals are made of. */
export function renderSamples({ programs }: Measurement): string {
  const head = ['path', 'arguments', 'system', 'variant', 'run', 'samplesMs'];
  const rows = programs.flatMap(({ path, arguments: words, results }) =>
    results.flatMap((result) => {
      if (result.status !== 'measured') return [];
      const start = [path, JSON.stringify(words), result.system, result.variant];
      return result.samplesMs.map((ms, run) => [...start, run, ms]);
    }),
  );
  return renderLines([head, ...rows]);
}

function renderLines(lines: readonly (readonly Cell[])[]): string {
  return lines.map((line) => `${line.map(encodeCell).join(',')}\r\n`).join('');
}

function encodeCell(cell: Cell): string {
  const text = cell === undefined ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function rowOf({ settings, calls }: Measurement, program: MeasuredProgram, result: Result): Row {
  const { system, variant, status } = result;
  const measured = status === 'measured' ? result : undefined;
  return {
    path: program.path,
    arguments: JSON.stringify(program.arguments),
    modules: program.modules,
    processes: program.processes,
    ...{ system, variant, status },
    reason: result.status === 'measured' ? undefined : result.reason,
    runs: measured?.samplesMs.length,
    ...joined(startAndMemory.map((figure) => figureCells(figure, measured))),
    ...(settings.zram && joined(zramFigures.map((figure) => figureCells(figure, measured)))),
    ...joined(settings.counts.map((count) => growthCells(count, measured))),
    ...(calls && callCells(calls, result)),
  };
}

function joined(rows: readonly Row[]): Row {
  return Object.fromEntries(rows.flatMap((row) => Object.entries(row)));
}

/** The value, and its interval where it has one. */
function figureCells(
  { id, value, interval }: Figure<MeasuredResult>,
  result: MeasuredResult | undefined,
): Row {
  const cell = { [id]: result && value(result) };
  return interval === undefined ? cell : { ...cell, ...intervalCells(id, result && interval(result)) };
}

function intervalCells(name: string, interval: Spread | undefined): Row {
  return { [`${name}.low`]: interval?.low, [`${name}.high`]: interval?.high };
}

function growthCells(count: number, result: MeasuredResult | undefined): Row {
  const point = result?.growth?.find(({ processes }) => processes === count);
  return Object.fromEntries(memoryIds.map((name) => [`growth.${count}.${name}`, point?.[name]]));
}

function callCells({ results }: CallMeasurement, head: ResultHead): Row {
  const own = results.find((each) => isSameVariant(each, head));
  const figures = own?.status === 'measured' ? own.figures : undefined;
  const cells = figureIds.map((id) => ({
    [`calls.${id}.ns`]: figures?.[id].ns.median,
    ...intervalCells(`calls.${id}.ns`, figures?.[id].ns),
  }));
  return { 'calls.status': own?.status, ...joined(cells) };
}

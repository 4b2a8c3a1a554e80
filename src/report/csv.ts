/**
 * `--csv`: the figures of a measurement as a table for other programs, RFC 4180. A row is a program under a system and variant;
 * columns are named after the fields of docs/formats/measurement.md and calls.md. What was not measured is empty, never 0.
 * Nothing here needs Node: the page writes it, too.
 */
import type { CallMeasurement } from '../measure/call-measurement.ts';
import { figureIds } from '../measure/call-measurement.ts';
import type {
  Estimate,
  MeasuredProgram,
  MeasuredResult,
  Measurement,
  ProcessMemory,
  Result,
  ResultHead,
} from '../measure/measurement.ts';
import { isSameVariant } from '../measure/measurement.ts';

type Cell = string | number | undefined;
/** By column; all rows of a file have the same columns. */
type Row = Readonly<Record<string, Cell>>;

const memoryNames: readonly (keyof ProcessMemory)[] = [
  'privateKb',
  'sharedKb',
  'pssKb',
  'pageTablesKb',
  'mappings',
];

/** The text of the file. */
export function renderCsv(measurement: Measurement): string {
  const rows = measurement.programs.flatMap((program) =>
    program.results.map((result) => rowOf(measurement, program, result)),
  );
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((line) => `${line.map(encodeCell).join(',')}\r\n`).join('');
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
    ...estimateCells('startupMs', measured?.startupMs),
    ...estimateCells('startupRatio', measured?.startupRatio),
    runs: measured?.samplesMs.length,
    ...joined(memoryNames.map((name) => memoryCells(name, measured))),
    ...estimateCells('minorFaults', measured?.minorFaults),
    diskKb: measured?.diskKb,
    bindMs: measured?.bindMs,
    ...joined(settings.counts.map((count) => growthCells(count, measured))),
    ...(calls && callCells(calls, result)),
  };
}

function joined(rows: readonly Row[]): Row {
  return Object.fromEntries(rows.flatMap((row) => Object.entries(row)));
}

/** The value, and its interval. */
function estimateCells(name: string, estimate: Estimate | undefined): Row {
  return {
    [name]: estimate?.median,
    [`${name}.low`]: estimate?.low,
    [`${name}.high`]: estimate?.high,
  };
}

/** The median of the processes, and their lowest and highest. */
function memoryCells(name: keyof ProcessMemory, result: MeasuredResult | undefined): Row {
  return estimateCells(name, result && { median: result[name], ...result.spread[name] });
}

function growthCells(count: number, result: MeasuredResult | undefined): Row {
  const point = result?.growth?.find(({ processes }) => processes === count);
  return Object.fromEntries(memoryNames.map((name) => [`growth.${count}.${name}`, point?.[name]]));
}

function callCells({ results }: CallMeasurement, head: ResultHead): Row {
  const own = results.find((each) => isSameVariant(each, head));
  const figures = own?.status === 'measured' ? own.figures : undefined;
  const cells = figureIds.map((id) => estimateCells(`calls.${id}.ns`, figures?.[id].ns));
  return { 'calls.status': own?.status, ...joined(cells) };
}

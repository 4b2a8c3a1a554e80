/** `--markdown`: the report as GitHub's Markdown: tables, reasons, doubts, conclusions, and how it was measured. */
import { readFile } from 'node:fs/promises';
import type { CallMeasurement, MeasuredCalls } from '../measure/call-measurement.ts';
import { figureIds } from '../measure/call-measurement.ts';
import type {
  MeasuredProgram,
  MeasuredResult,
  MeasuredWorkload,
  Measurement,
  ResultHead,
  UnmeasuredResult,
} from '../measure/measurement.ts';
import { nameOf } from '../measure/measurement.ts';
import { advise, gather } from './advice.ts';
import type { BeforeAfter, ChangedResult } from './before-after.ts';
import { compareMeasurements, summarise } from './before-after.ts';
import { changeDetail, changeFigures } from './before-after-figures.ts';
import { collectFacts } from './collect-facts.ts';
import { distanceReasons, distanceTable, distanceWords, jumpTable, jumpWords } from './call-distances.ts';
import { conclude, concludeWorkload } from './conclusion.ts';
import type { Figure } from './figures.ts';
import { headOf, intervalText, programFigures, shownFigures, workloadFigures } from './figures.ts';
import {
  commandLine,
  formatKb,
  formatMoment,
  labelsOf,
  listing,
  interval,
  none,
  modulesText,
  timingText,
  processesOf,
  statusText,
  titleOf,
} from './format.ts';
import type { PlainTable } from './program-models.ts';
import { entryTable, entryWords, libraryCollisions, libraryWords } from './program-models.ts';
import { nothingBound, reasonLines } from './reasons.ts';
import { writeFileWhole } from './write-file.ts';

/** The text of the file. `before`: an earlier measurement, to compare with. */
export function renderMarkdown(measurement: Measurement, before?: Measurement): string {
  const { programs, calls } = measurement;
  const nothing = nothingBound(measurement);
  const parts = [
    `# ${escape(titleOf(measurement))}`,
    nothing === undefined ? '' : `**${escape(nothing)}**`,
    ...(before ? changeParts(compareMeasurements(before, measurement)) : []),
    ...programs.flatMap((program) => programParts(measurement, program)),
    ...(programs.length > 1 ? workloadParts(measurement) : []),
    ...(calls ? callParts(calls) : []),
    ...modelParts(measurement),
    ...adviceParts(measurement),
    ...warningParts(measurement),
    ...methodParts(measurement),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Writes the file, whole or not at all, and reads it back to be sure. Throws LinkonceError where it cannot be written. */
export async function writeMarkdown(
  measurement: Measurement,
  path: string,
  before?: Measurement,
): Promise<void> {
  const text = renderMarkdown(measurement, before);
  await writeFileWhole(path, text);
  if ((await readFile(path, 'utf8')) !== text)
    throw new Error(`${path}: reads back as something else than was written`);
}

function changeParts({ dates, remarks, programs }: BeforeAfter): readonly string[] {
  const each = programs.flatMap((program) => [
    `### ${escape(program.label)}`,
    summarise(program)
      .map((line) => `- ${escape(line)}`)
      .join('\n'),
    table(program.results, changeColumns(program.results)),
  ]);
  return [
    '## Before and after',
    `Before: ${dates[0]}; after: ${dates[1]}.`,
    remarks.map((remark) => `- ${escape(remark)}`).join('\n'),
    ...(each.length === 0 ? ['No program was measured in both.'] : each),
  ];
}

function changeColumns(results: readonly ChangedResult[]): readonly Column<ChangedResult>[] {
  return shownFigures(changeFigures, results).map((figure): Column<ChangedResult> => [
    headOf(figure),
    (result) => {
      const value = figure.value(result);
      const more = changeDetail(figure, result) ?? intervalText(figure, result);
      if (value === undefined) return none;
      return more === undefined ? figure.text(value) : `${figure.text(value)} [${more}]`;
    },
  ]);
}

function adviceParts(measurement: Measurement): readonly string[] {
  const advice = gather(advise(measurement, collectFacts())).flatMap(({ choice, needs, reason, command }) => [
    `**${choice}**, for ${listing(needs)}: ${escape(reason)}`,
    command === undefined ? '' : `\`\`\`sh\n${command.join(' ')}\n\`\`\``,
  ]);
  return advice.length === 0 ? [] : ['## Which system for you', ...advice];
}

function programParts({ settings }: Measurement, program: MeasuredProgram): readonly string[] {
  const { results } = program;
  const timing = timingText(program, settings);
  return [
    `## \`${commandLine(program).replaceAll('`', "'").replaceAll('\n', ' ')}\``,
    `${modulesText(program)}; ${timing}; ${processesOf(program)} weighed ${formatMoment(settings.moment)}.`,
    table(results, figureColumns(programFigures, results)),
    growthTable(program, settings.counts),
    `**${escape(conclude(program))}**`,
  ];
}

/** Head and cell of a column; a result without figures has its status there. */
type Column<R> = readonly [head: string, cell: (result: R) => string];

/** An interval stands in brackets. */
function figureColumns<R>(
  figures: readonly Figure<R>[],
  results: readonly ((R & { readonly status: 'measured' }) | UnmeasuredResult)[],
): readonly Column<R>[] {
  return shownFigures(figures, results).map((figure): Column<R> => [
    headOf(figure),
    (result) => {
      const value = figure.value(result);
      const interval = intervalText(figure, result);
      if (value === undefined) return none;
      return interval === undefined ? figure.text(value) : `${figure.text(value)} [${interval}]`;
    },
  ]);
}

function growthTable({ results }: MeasuredProgram, counts: readonly number[]): string {
  if (counts.length === 0) return '';
  const columns = counts.map((count): Column<MeasuredResult> => [
    `of ${count}`,
    ({ growth }) => {
      const point = growth?.find(({ processes }) => processes === count);
      return point ? `${whole(point.privateKb)} / ${whole(point.pssKb)}` : none;
    },
  ]);
  return `Private memory and PSS of so many processes together, kB:\n\n${table(results, columns)}`;
}

function workloadParts(measurement: Measurement): readonly string[] {
  const { programs, workload } = measurement;
  const labels = labelsOf(programs);
  const columns: readonly Column<MeasuredWorkload>[] = [
    ['programs', ({ programs: served }) => `${served.length} of ${programs.length}`],
    ...figureColumns(workloadFigures, workload),
  ];
  const counts = programs.map(({ processes }, index) => `${processes} of ${labels[index]!}`);
  return [
    '## All programs together',
    `${escape(counts.join(', '))} alive at once; sums, and page frames by the processes that map them.`,
    table(workload, columns),
    `**${escape(concludeWorkload(measurement))}**`,
  ];
}

function callParts(calls: CallMeasurement): readonly string[] {
  const { results, staticLink, settings } = calls;
  const columns = figureIds.map((id): Column<MeasuredCalls> => [
    id,
    ({ figures }) => interval(figures[id].ns),
  ]);
  const linked = { system: 'static link', variant: none, status: 'measured', figures: staticLink } as const;
  return [
    '## Calls between modules',
    `Nanoseconds of one call, medians of ${settings.rounds} processes; see docs/formats/calls.md.`,
    table([linked, ...results], columns),
    ...distanceParts(calls),
  ];
}

function distanceParts(calls: CallMeasurement): readonly string[] {
  const [near, jumps] = [distanceTable(calls), jumpTable(calls)];
  return [
    ...(near ? ['## Calls by distance', escape(distanceWords), plainTable(near)] : []),
    ...distanceReasons(calls).map((line) => `- ${escape(line)}`),
    ...(jumps ? [escape(jumpWords), plainTable(jumps)] : []),
  ];
}

/** What the programs say to the models of solutions 3 and 4. */
function modelParts(measurement: Measurement): readonly string[] {
  const collisions = libraryCollisions(measurement);
  const entries = entryTable(measurement);
  return [
    ...(collisions ? ['## Libraries as hashed addresses', libraryWords, plainTable(collisions)] : []),
    ...(entries ? ['## Entries of a hashed dispatcher', entryWords, plainTable(entries)] : []),
  ];
}

function plainTable({ head, rows }: PlainTable): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...rows.map((cells) => cells.map(escape))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function warningParts({ warnings, programs }: Measurement): readonly string[] {
  if (warnings.length === 0) return [];
  const labels = labelsOf(programs);
  const items = warnings.map(({ kind, message, program }) => {
    const about = program === undefined || programs.length === 1 ? '' : `${labels[program]!}: `;
    return `- **${kind}**: ${escape(about + message)}`;
  });
  return ['## What to doubt', items.join('\n')];
}

function methodParts({ machine, settings, date }: Measurement): readonly string[] {
  const { kernel, cpu, cores, memoryKb, libc, node } = machine;
  return [
    '## How it was measured',
    `Start-up is the time from fork to death of a process, all systems in turn in each round; an interval holds the median with ` +
      `95 % confidence (bootstrap). Memory is what the kernel says of processes that are alive at once and stopped; the lowest ` +
      `and the highest of them stand in brackets. What was refused, failed or was not run has no figures.`,
    `${date}, ${settings.mode} settings; ${escape(cpu)}, ${cores} cores, ${formatKb(memoryKb)}; ${escape(kernel)}, ${libc}, Node ${node}.`,
  ];
}

/** With a list of the reasons behind it. */
function table<R extends ResultHead>(
  results: readonly ((R & { readonly status: 'measured' }) | UnmeasuredResult)[],
  columns: readonly Column<R>[],
): string {
  const head = ['system', ...columns.map(([name]) => name)];
  const rule = ['---', ...columns.map(() => '---:')];
  const rows = results.map((result) => [
    escape(nameOf(result)),
    ...columns.map(([, cell]) => (result.status === 'measured' ? cell(result) : statusText(result.status))),
  ]);
  const lines = [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const reasons = reasonLines(results).map((line) => `- ${escape(line)}`);
  return [lines.join('\n'), ...(reasons.length > 0 ? [reasons.join('\n')] : [])].join('\n\n');
}

function whole(value: number | undefined): string {
  return value === undefined ? none : Math.round(value).toLocaleString('en');
}

/** As text of one line, in a table too. */
function escape(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_{}[\]<>|#]/g, '\\$&');
}

/** The whole report for a terminal: for each program what was measured, the table, the reasons and doubts, the conclusion. */
import pc from 'picocolors';
import type {
  MeasuredProgram,
  Measurement,
  Result,
  Warning,
  WorkloadResult,
} from '../measure/measurement.ts';
import { nameOf } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { advise, gather } from './advice.ts';
import { collectFacts } from './collect-facts.ts';
import { conclude, concludeWorkload, isMeasured } from './conclusion.ts';
import {
  commandLine,
  formatMoment,
  labelsOf,
  listing,
  modulesText,
  timingText,
  processesOf,
  wrap,
  wrapCommand,
} from './format.ts';
import { renderShortCalls } from './calls-table.ts';
import { renderGrowthTable } from './growth-table.ts';
import { nothingBound, reasonLines } from './reasons.ts';
import { renderProgramTable } from './program-table.ts';
import { renderWorkloadTable } from './workload-table.ts';

/** How a report looks in a terminal. */
export interface Look {
  readonly colors: Colors;
}

export const uncoloured: Look = { colors: pc.createColors(false) };

/** Lines of at most 80 columns, except for words that are longer. */
export function renderText(measurement: Measurement, { colors }: Look = uncoloured): string {
  const { programs } = measurement;
  const nothing = nothingBound(measurement);
  const paragraphs = [
    nothing === undefined ? '' : colors.bold(colors.red(wrap(nothing, ''))),
    ...programs.flatMap((program, index) => renderProgram(measurement, program, index, colors)),
    ...(programs.length > 1 ? renderWorkload(measurement, colors) : []),
    renderCallsOf(measurement, colors),
    renderAdvice(measurement, colors),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

function renderProgram(
  { settings, warnings, programs }: Measurement,
  program: MeasuredProgram,
  index: number,
  colors: Colors,
): readonly string[] {
  const own = warnings.filter((warning) => programs.length === 1 || warning.program === index);
  return [
    renderHead(program, settings, colors),
    renderProgramTable(program, colors),
    renderReasons(program.results),
    renderWarnings(own, colors),
    renderGrowth(program, settings, colors),
    wrap(conclude(program), ''),
  ];
}

function renderGrowth(program: MeasuredProgram, settings: Measurement['settings'], colors: Colors): string {
  const table = renderGrowthTable(program, settings, colors);
  const legend = 'private memory of all of them; below it, their PSS';
  return table === '' ? '' : `${colors.bold('More processes alive at once')}: ${legend}\n${table}`;
}

/** A selection: `linkonce calls` has all. */
function renderCallsOf({ calls }: Measurement, colors: Colors): string {
  if (calls === undefined) return '';
  const legend = `ns of one call, medians of ${calls.settings.rounds} processes, with 95 % intervals; direct and through a pointer in a loop, cold and first once`;
  const head = `${colors.bold('Calls between modules')}\n${wrap(legend, '')}`;
  return `${head}\n\n${renderShortCalls(calls, colors)}`;
}

function renderAdvice(measurement: Measurement, colors: Colors): string {
  const advice = gather(advise(measurement, collectFacts())).map(({ choice, needs, reason, command }) => {
    const words = wrap(`${choice}, for ${listing(needs)}: ${reason}`);
    return command === undefined ? words : `${words}\n${colors.dim(wrapCommand(command))}`;
  });
  return advice.length === 0 ? '' : [colors.bold('Which system for you'), ...advice].join('\n');
}

function renderHead(program: MeasuredProgram, settings: Measurement['settings'], colors: Colors): string {
  const timing = timingText(program, settings);
  const weighing = `${processesOf(program)} weighed ${formatMoment(settings.moment)}`;
  const facts = `${modulesText(program)}; ${timing}; ${weighing}`;
  return `${colors.bold(wrap(commandLine(program)))}\n${wrap(facts, '')}`;
}

function renderWorkload(measurement: Measurement, colors: Colors): readonly string[] {
  const { programs, settings, workload, warnings } = measurement;
  const labels = labelsOf(programs);
  const counts = programs.map(({ processes }, index) => `${processes} of ${labels[index]!}`);
  const partial = workload.filter(isMeasured).flatMap((result) => {
    const missing = labels.filter((_, index) => !result.programs.includes(index));
    return missing.length === 0 ? [] : [wrap(`${nameOf(result)} is partial: without ${listing(missing)}`)];
  });
  const facts = `${listing(counts)} alive at once, weighed ${formatMoment(settings.moment)}; sums, with the part of the base line’s; page frames by the processes that map them`;
  return [
    `${colors.bold('All programs together')}\n${wrap(facts, '')}`,
    renderWorkloadTable(measurement, colors),
    [renderReasons(workload), ...partial].filter(Boolean).join('\n'),
    renderWarnings(
      warnings.filter(({ program }) => program === undefined),
      colors,
    ),
    wrap(concludeWorkload(measurement), ''),
  ];
}

function renderReasons(results: readonly (Result | WorkloadResult)[]): string {
  return reasonLines(results)
    .map((line) => wrap(line))
    .join('\n');
}

function renderWarnings(warnings: readonly Warning[], colors: Colors): string {
  return warnings.map(({ kind, message }) => colors.yellow(wrap(`${kind}: ${message}`))).join('\n');
}

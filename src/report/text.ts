/** The whole report for a terminal: what was measured, the table, the reasons and doubts, and the conclusion. */
import type { Measurement, UnmeasuredResult } from '../measure/measurement.ts';
import { nameOf } from '../measure/measurement.ts';
import type { Colors } from '../util/colors.ts';
import { conclude, isMeasured } from './conclusion.ts';
import { formatMoment } from './format.ts';
import { renderTable } from './table.ts';

const width = 80;

/** Lines of at most 80 columns, except for words that are longer. */
export function renderText(measurement: Measurement, { colors }: { readonly colors: Colors }): string {
  const unmeasured = measurement.results.filter((result): result is UnmeasuredResult => !isMeasured(result));
  const paragraphs = [
    renderHead(measurement, colors),
    renderTable(measurement, colors),
    unmeasured.map((result) => wrap(`${nameOf(result)} ${result.status}: ${result.reason}`)).join('\n'),
    measurement.warnings.map(({ kind, message }) => colors.yellow(wrap(`${kind}: ${message}`))).join('\n'),
    wrap(conclude(measurement), ''),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

function renderHead({ program, settings }: Measurement, colors: Colors): string {
  const { runs, processes, moment, timed } = settings;
  const timing = timed ? `start-up of ${runs} runs each` : 'start-up not timed';
  const facts = `${program.modules} modules; ${timing}; ${processes} processes weighed ${formatMoment(moment)}`;
  const command = wrap([program.path, ...program.arguments].join(' '));
  return `${colors.bold(command)}\n${wrap(facts, '')}`;
}

/** Breaks a line between words; further lines are indented. */
function wrap(text: string, indent = '  '): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!;
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (longer.length <= width || line.trim() === '') lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

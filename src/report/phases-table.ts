/** The phases of starts under several systems, for a terminal: at most 80 columns. */
import type { PhaseName, PhasedResult, StartPhases, TracedStart } from '../measure/start-phases.ts';
import { phaseNames } from '../measure/start-phases.ts';
import { estimateMedian } from '../measure/statistics.ts';
import type { Colors } from '../util/colors.ts';
import { commandLine, threeDigits, wrap } from './format.ts';
import { reasonLines } from './reasons.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';

type Measured = Extract<PhasedResult, { readonly status: 'measured' }>;

const legend =
  'medians of traced starts, with 95 % intervals; linking: until everything is in place; constructors: until the entry of the ' +
  'program; program: until its end. A tracer held them at each system call before the entry, and its share is taken off: they ' +
  'tell phases apart, and are no start-up times.';

/** Lines, the last one ended, too. */
export function renderPhases(phases: StartPhases, colors: Colors): string {
  const { results } = phases;
  const paragraphs = [
    `${colors.bold(wrap(commandLine(phases)))}\n${wrap(legend, '')}`,
    renderTable(results, columns, colors),
    reasonLines(results)
      .map((line) => wrap(line))
      .join('\n'),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

const columns: readonly Column<Measured>[] = [
  ...phaseNames.map(phaseColumn),
  {
    head: ['calls', 'before entry'],
    cell: ({ starts }) => String(starts[0]?.calls.length ?? 0),
  },
];

function phaseColumn(name: PhaseName): Column<Measured> {
  const estimate = ({ starts }: Measured) =>
    estimateMedian(starts.map(({ phases }: TracedStart) => phases[name].durationUs / 1000));
  return {
    head: [name, 'ms'],
    cell: (result) => threeDigits(estimate(result).median),
    detail: (result) => {
      const { low, high } = estimate(result);
      return `[${threeDigits(low)}–${threeDigits(high)}]`;
    },
  };
}

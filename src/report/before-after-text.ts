/** Two measurements side by side, for a terminal: at most 80 columns. */
import type { Colors } from '../util/colors.ts';
import type { BeforeAfter, Change, ChangedProgram, ChangedResult, ChangeId } from './before-after.ts';
import { changeIds, changeText, directionOf, summarise } from './before-after.ts';
import { significantDigits, none, wrap } from './format.ts';
import type { Column } from './table.ts';
import { renderTable } from './table.ts';

/** Lines, the last one ended, too. */
export function renderBeforeAfter({ dates, remarks, programs }: BeforeAfter, colors: Colors): string {
  const head = `${colors.bold('Before and after')}\n${wrap(`measured ${dates[0]}, then ${dates[1]}; after ÷ before with its 95 % interval, or the widest that both allow; tied: it may as well be no change`, '')}`;
  const paragraphs = [
    head,
    remarks.map((remark) => colors.yellow(wrap(remark))).join('\n'),
    ...(programs.length === 0
      ? ['No program was measured in both.']
      : programs.map((program) => renderProgram(program, colors))),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

/** Rows only of those that changed in something: the summary counts the others. */
function renderProgram(program: ChangedProgram, colors: Colors): string {
  const { label, results } = program;
  const changed = results.filter(({ changes }) =>
    Object.values(changes).some((change) => directionOf(change) !== 'tied'),
  );
  const columns = changeIds
    .filter((id) => changed.some(({ changes }) => changes[id] !== undefined))
    .map((id) => columnOf(id, colors));
  const table = changed.length === 0 ? '' : renderTable(changed, columns, colors);
  const summary = summarise(program)
    .map((line) => wrap(line))
    .join('\n');
  const nothing = results.length === 0 ? 'No system has figures in both.' : '';
  return [colors.bold(label), nothing, table, summary].filter(Boolean).join('\n');
}

const heads: Readonly<Record<ChangeId, readonly [string, string]>> = {
  startupMs: ['start-up', 'ms'],
  startupRatio: ['start-up', 'times as fast'],
  privateKb: ['private', 'kB'],
  pssKb: ['PSS', 'kB'],
  callNs: ['call', 'ns'],
};

function columnOf(id: ChangeId, colors: Colors): Column<ChangedResult> {
  return {
    head: heads[id],
    cell: ({ changes }) => valuesText(changes[id]),
    detail: ({ changes }) => {
      const change = changes[id];
      return change ? coloured(change, changeLines(change), colors) : '';
    },
  };
}

function valuesText(change: Change | undefined): string {
  return change ? `${short(change.before.value)}→${short(change.after.value)}` : none;
}

const short = (value: number): string => significantDigits(value).replaceAll(',', '');

/** How much, and below it the interval. */
function changeLines(change: Change): string {
  return changeText(change).replace(' [', '\n[');
}

function coloured(change: Change, text: string, colors: Colors): string {
  if (directionOf(change) === 'tied') return text;
  return text
    .split('\n')
    .map((line) => colors.bold(line))
    .join('\n');
}

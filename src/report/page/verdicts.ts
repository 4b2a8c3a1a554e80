/** Which system for which program: a row each, with what a start takes and what a process holds, now and then. */
import { nameOf } from '../../measure/measurement.ts';
import { inUnit, memoryUnitOf, significantDigits } from '../format.ts';
import { tiedText } from '../tied.ts';
import type { Verdict } from '../verdict.ts';
import { element } from './element.ts';

/** Undefined where nothing can be said of any program. */
export function createVerdicts(verdicts: readonly Verdict[]): HTMLElement | undefined {
  if (verdicts.length === 0) return undefined;
  const unit = memoryUnitOf(verdicts.flatMap(({ choice, base }) => [choice.privateKb, base.privateKb]));
  const isTimed = verdicts.some(({ base }) => base.startupMs !== undefined);
  const heads = [
    element('th', { scope: 'col' }, 'Program'),
    element('th', { scope: 'col', class: 'words' }, 'System for it'),
    ...(isTimed ? [amountHead('Start-up', 'ms')] : []),
    amountHead('Private', unit.name),
  ];
  const rows = verdicts.map((verdict) => {
    const { label, choice, base } = verdict;
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, label),
      element('td', { class: 'words' }, nameOf(choice), small(tieOf(verdict))),
      ...(isTimed ? [pairCell(choice.startupMs?.median, base.startupMs?.median, significantDigits)] : []),
      pairCell(choice.privateKb, base.privateKb, (kb) => inUnit(kb, unit)),
    );
  });
  const caption = element('caption', { class: 'hidden' }, 'Which system for which program');
  const head = element('thead', {}, element('tr', {}, ...heads));
  return element('table', { class: 'plain verdicts' }, caption, head, element('tbody', {}, ...rows));
}

function amountHead(name: string, unit: string): HTMLElement {
  return element('th', { scope: 'col' }, name, element('span', { class: 'unit' }, unit));
}

/** What it is, and what it was. */
function pairCell(
  now: number | undefined,
  base: number | undefined,
  text: (value: number) => string,
): HTMLElement {
  if (now === undefined || base === undefined) return element('td', {}, 'not measured');
  return element('td', {}, element('strong', {}, text(now)), small(`from ${text(base)}`));
}

function tieOf({ choice, base, tied }: Verdict): string {
  return choice === base ? 'no other was clearly better' : tiedText(tied.map(nameOf));
}

function small(text: string): HTMLElement | undefined {
  return text === '' ? undefined : element('small', {}, text);
}

/** Which system for you: a card for each choice. */
import type { GatheredAdvice } from '../advice.ts';
import { advise, gather } from '../advice.ts';
import type { ReportData } from '../report-data.ts';
import { listing } from '../format.ts';
import { element, section } from './element.ts';

export function createAdvice({ measurement, facts }: ReportData): HTMLElement | undefined {
  const advice = gather(advise(measurement, facts));
  if (advice.length === 0) return undefined;
  return section('Which system for you', element('div', { class: 'cards' }, ...advice.map(createCard)));
}

function createCard({ needs, choice, reason, command }: GatheredAdvice): HTMLElement {
  return element(
    'article',
    { class: 'card' },
    element('h3', {}, choice),
    element('p', { class: 'needs' }, `for ${listing(needs)}`),
    element('p', {}, reason),
    command === undefined
      ? undefined
      : element('pre', { class: 'shell', tabindex: '0' }, element('code', {}, command.join(' '))),
  );
}

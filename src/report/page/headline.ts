/** The top of the page: what was measured, and what it comes to. */
import type { Measurement } from '../../measure/measurement.ts';
import { concludeWorkload } from '../conclusion.ts';
import { formatMoment, titleOf } from '../format.ts';
import { nothingBound } from '../reasons.ts';
import { element } from './element.ts';
import { createWorkloadFigures } from './key-figures.ts';
import { createSummary } from './summary.ts';
import { createThemeButton } from './theme.ts';

/** One program's summary stands here; that of one among several beside its figures. */
export function createHeadline(measurement: Measurement): HTMLElement {
  const nothing = nothingBound(measurement);
  const [first, ...others] = measurement.programs;
  const summary =
    first && others.length === 0 ? createSummary(measurement, first) : createOverview(measurement);
  const day = new Date(measurement.date).toLocaleString('en', { dateStyle: 'long', timeStyle: 'short' });
  return element(
    'header',
    {},
    element('div', { class: 'bar' }, element('span', { class: 'brand' }, 'linkonce'), createThemeButton()),
    element('h1', {}, titleOf(measurement)),
    nothing === undefined ? undefined : element('p', { class: 'lede', role: 'alert' }, nothing),
    ...summary,
    element('p', { class: 'facts' }, day),
  );
}

function createOverview(measurement: Measurement): readonly HTMLElement[] {
  const { programs, settings } = measurement;
  const processes = programs.reduce((sum, program) => sum + program.processes, 0);
  const facts = `${programs.length} programs · ${processes} processes alive at once, weighed ${formatMoment(settings.moment)}`;
  return [
    element('p', { class: 'lede' }, concludeWorkload(measurement)),
    createWorkloadFigures(measurement),
    element('p', { class: 'facts' }, facts),
  ];
}

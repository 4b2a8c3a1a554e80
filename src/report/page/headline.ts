/** The top of the page: of which programs it is, which system is for which of them, and what it comes to. */
import type { Measurement } from '../../measure/measurement.ts';
import { concludeWorkload } from '../conclusion.ts';
import { formatMoment, timingText, titleOf } from '../format.ts';
import { nothingBound } from '../reasons.ts';
import type { ReportData } from '../report-data.ts';
import { verdictText, verdictsOf } from '../verdict.ts';
import { formatDate } from './date.ts';
import { element, prose } from './element.ts';
import { createWorkloadFigures } from './key-figures.ts';
import { createSummary } from './summary.ts';
import { createThemeButton } from './theme.ts';
import { createVerdicts } from './verdicts.ts';

/** One program's summary stands here; that of one among several beside its figures. */
export function createHeadline({ measurement, facts }: ReportData): HTMLElement {
  const nothing = nothingBound(measurement);
  const verdict = verdictText(measurement, facts);
  const [first, ...others] = measurement.programs;
  const summary =
    first && others.length === 0 ? createSummary(measurement, first) : createOverview(measurement);
  return element(
    'header',
    {},
    element('div', { class: 'bar' }, element('span', { class: 'brand' }, 'linkonce'), createThemeButton()),
    element('h1', {}, titleOf(measurement)),
    nothing === undefined ? undefined : element('p', { class: 'verdict', role: 'alert' }, nothing),
    verdict === undefined ? undefined : element('p', { class: 'verdict' }, prose(verdict)),
    createVerdicts(verdictsOf(measurement, facts)),
    ...summary,
    element('p', { class: 'facts' }, formatDate(measurement.date)),
  );
}

function createOverview(measurement: Measurement): readonly HTMLElement[] {
  const { programs, settings } = measurement;
  const processes = programs.reduce((sum, program) => sum + program.processes, 0);
  const timing = timingText({ timed: programs.some(({ timed }) => timed) }, settings);
  const facts = `${programs.length} programs · ${timing} · ${processes} processes alive at once, weighed ${formatMoment(settings.moment)}`;
  return [
    createWorkloadFigures(measurement),
    element('p', { class: 'lede' }, prose(concludeWorkload(measurement))),
    element('p', { class: 'facts' }, facts),
  ];
}

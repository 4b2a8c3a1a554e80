/** What was measured of one program, what it comes to, and its key figures. */
import type { MeasuredProgram, Measurement } from '../../measure/measurement.ts';
import { conclude } from '../conclusion.ts';
import { commandLine, formatMoment, modulesText, processesOf, timingText } from '../format.ts';
import { element, prose } from './element.ts';
import { createProgramFigures } from './key-figures.ts';

export function createSummary({ settings }: Measurement, program: MeasuredProgram): readonly HTMLElement[] {
  const timing = timingText(program, settings);
  const facts = `${modulesText(program)} · ${timing} · ${processesOf(program)} weighed ${formatMoment(settings.moment)}`;
  return [
    element('p', { class: 'command' }, element('code', {}, commandLine(program))),
    element('p', { class: 'lede' }, prose(conclude(program))),
    createProgramFigures(program),
    element('p', { class: 'facts' }, facts),
  ];
}

/** The top of the page: what was measured, what it comes to, and the key figures. */
import type { Measurement } from '../../measure/measurement.ts';
import { nameOf } from '../../measure/measurement.ts';
import type { Winners } from '../conclusion.ts';
import { conclude, findWinners } from '../conclusion.ts';
import { comparedWith, formatKb, formatMoment, formatMs, threeDigits } from '../format.ts';
import { element } from './element.ts';
import { createThemeButton } from './theme.ts';

export function createHeadline(measurement: Measurement): HTMLElement {
  const { program, settings, date } = measurement;
  const name = program.path.split('/').at(-1) ?? program.path;
  const day = new Date(date).toLocaleString('en', { dateStyle: 'long', timeStyle: 'short' });
  const timing = settings.timed
    ? `${settings.runs} timed runs of each system, interleaved`
    : 'start-up not timed';
  const facts = `${program.modules} modules · ${timing} · ${settings.processes} processes weighed ${formatMoment(settings.moment)} · ${day}`;
  return element(
    'header',
    {},
    element('div', { class: 'bar' }, element('span', { class: 'brand' }, 'linkonce'), createThemeButton()),
    element('h1', {}, name),
    element('p', { class: 'command' }, element('code', {}, [program.path, ...program.arguments].join(' '))),
    element('p', { class: 'lede' }, conclude(measurement)),
    createFigures(measurement),
    element('p', { class: 'facts' }, facts),
  );
}

function createFigures(measurement: Measurement): HTMLElement {
  const winners = findWinners(measurement);
  const figures = [
    fastestFigure(winners),
    frugalFigure(winners),
    baseFigure(winners),
    countFigure(measurement),
  ];
  return element('dl', { class: 'figures' }, ...figures);
}

function figure(term: string, value: string, detail: string): HTMLElement {
  const parts = [element('strong', {}, value), element('span', {}, detail)];
  return element('div', {}, element('dt', {}, term), element('dd', {}, ...parts));
}

function fastestFigure({ fastest }: Winners): HTMLElement | undefined {
  if (fastest === undefined) return undefined;
  const ratio = fastest.startupRatio;
  const faster = ratio && ratio.median !== 1 ? `, ${threeDigits(ratio.median)}× as fast` : '';
  return figure('Fastest start-up', formatMs(fastest.startupMs.median), `${nameOf(fastest)}${faster}`);
}

function frugalFigure({ mostFrugal, baseLine }: Winners): HTMLElement | undefined {
  if (mostFrugal === undefined) return undefined;
  const change =
    baseLine && baseLine !== mostFrugal ? `, ${comparedWith(mostFrugal.privateKb, baseLine.privateKb)}` : '';
  return figure('Least private memory', formatKb(mostFrugal.privateKb), `${nameOf(mostFrugal)}${change}`);
}

function baseFigure({ baseLine }: Winners): HTMLElement | undefined {
  if (baseLine === undefined) return undefined;
  const { startupMs, privateKb } = baseLine;
  const detail = `${nameOf(baseLine)}, ${formatKb(privateKb)} private`;
  if (startupMs === undefined) return figure('Base line', formatKb(privateKb), nameOf(baseLine));
  return figure('Base line', formatMs(startupMs.median), detail);
}

function countFigure({ results }: Measurement): HTMLElement {
  const count = (status: string): number => results.filter((result) => result.status === status).length;
  const others = (['refused', 'failed'] as const).filter((status) => count(status) > 0);
  const detail =
    others.map((status) => `${count(status)} ${status}`).join(', ') || 'none refused, none failed';
  return figure('Measured', `${count('measured')} of ${results.length}`, detail);
}

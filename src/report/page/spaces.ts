/** Where a process has what, under each system: maps to compare, and the pages of one by reason. */
import { decodeSpace } from '../../measure/address-space.ts';
import type { MeasuredProgram, MeasuredResult } from '../../measure/measurement.ts';
import { isBaseLine, nameOf } from '../../measure/measurement.ts';
import { findWinners, isMeasured } from '../conclusion.ts';
import { createList } from './choice.ts';
import { element, section } from './element.ts';
import { createHeatMap } from './heat-map.ts';
import { layOutSpace } from './space-layout.ts';
import { createSpaceMap } from './space-map.ts';
import { looks, states } from './states.ts';

type WithSpace = MeasuredResult & Required<Pick<MeasuredResult, 'space'>>;

const hasSpace = (result: MeasuredResult): result is WithSpace => result.space !== undefined;

/** Nothing where no process was looked at page by page. */
export function createSpaces(program: MeasuredProgram): readonly HTMLElement[] {
  const results = program.results.filter(isMeasured).filter(hasSpace);
  const [first] = results;
  if (first === undefined) return [];
  const base = results.find(isBaseLine) ?? first;
  const { mostFrugal } = findWinners(program);
  const other = results.find((result) => result === mostFrugal) ?? results.find((one) => one !== base);
  const pair = other === undefined || other === base ? [base] : [base, other];
  const maps = element('div', { class: 'maps' }, ...pair.map((result) => createMap(results, result)));
  return [
    section('Where a process has what', explainMap(), maps, createMore(results, maps)),
    section('Which pages are private, and why', createHeat(results, base)),
  ];
}

let maps = 0;

function createMap(results: readonly WithSpace[], first: WithSpace): HTMLElement {
  const show = (result: WithSpace): void => {
    map.show(layOutSpace(decodeSpace(result.space)), `Address space under ${nameOf(result)}`);
  };
  const list = createSystemList(results, first, show);
  const map = createSpaceMap(`address-space-${++maps}`, [list]);
  show(first);
  return map.figure;
}

function createHeat(results: readonly WithSpace[], first: WithSpace): HTMLElement {
  const heat = createHeatMap();
  const show = (result: WithSpace): void => {
    heat.show(decodeSpace(result.space), `Pages in memory under ${nameOf(result)}, by reason`);
  };
  heat.figure.querySelector('.tools')!.prepend(createSystemList(results, first, show));
  show(first);
  return heat.figure;
}

function createSystemList(
  results: readonly WithSpace[],
  first: WithSpace,
  show: (result: WithSpace) => void,
): HTMLElement {
  return createList('System', results.map(nameOf), results.indexOf(first), (chosen) => {
    show(results[chosen]!);
  });
}

function createMore(results: readonly WithSpace[], list: HTMLElement): HTMLElement | undefined {
  if (results.length < 2) return undefined;
  const button = element('button', { type: 'button', class: 'more' }, 'Compare with another system');
  button.addEventListener('click', () => {
    const figure = createMap(results, results[list.childElementCount % results.length]!);
    list.append(figure);
    figure.querySelector('select')?.focus();
  });
  return button;
}

/** How to read a map, with its legend. */
function explainMap(): HTMLElement {
  const protections = ['executable', 'writable', 'readable', 'closed'] as const;
  const key = (look: string, words: string, colour?: string): HTMLElement => {
    const swatch = element('i', { class: `square ${look}`, 'aria-hidden': 'true' });
    if (colour !== undefined) swatch.style.background = colour;
    return element('span', { class: 'key' }, swatch, words);
  };
  const words =
    'Addresses grow to the right; what lies between the parts is left out. From above: modules, how they are protected, and their pages. Each column of pixels is filled by its pages’ states.';
  return element(
    'div',
    { class: 'legend' },
    element('p', {}, words),
    element('p', {}, ...protections.map((kind) => key(`protection ${kind}`, kind))),
    element('p', {}, ...states.map((state) => key('state', looks[state].words, looks[state].colour))),
  );
}

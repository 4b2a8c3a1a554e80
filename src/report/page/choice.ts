/** Choices beside a plot: one of a few as radio buttons, one of many as a list. */
import { element } from './element.ts';

type Options<T extends string> = Readonly<Record<T, string>>;

let groups = 0;

export function createChoice<T extends string>(
  legend: string,
  options: Options<T>,
  first: T,
  onChoice: (chosen: T) => void,
): HTMLElement {
  const name = `choice-${++groups}`;
  const labels = entriesOf(options).map(([value, text]) => {
    const input = element('input', { type: 'radio', name, ...(value === first && { checked: '' }) });
    input.addEventListener('change', () => {
      onChoice(value);
    });
    return element('label', {}, input, ` ${text}`);
  });
  return element('fieldset', {}, element('legend', {}, legend), ...labels);
}

export function createList<T extends string>(
  label: string,
  options: Options<T>,
  first: T,
  onChoice: (chosen: T) => void,
): HTMLElement {
  const values = entriesOf(options);
  const select = element(
    'select',
    { id: `list-${++groups}` },
    ...values.map(([value, text]) =>
      element('option', { value, ...(value === first && { selected: '' }) }, text),
    ),
  );
  select.addEventListener('change', () => {
    onChoice(values[select.selectedIndex]![0]);
  });
  return element('span', { class: 'list' }, element('label', { for: select.id }, `${label} `), select);
}

function entriesOf<T extends string>(options: Options<T>): readonly (readonly [T, string])[] {
  return Object.entries(options) as [T, string][];
}

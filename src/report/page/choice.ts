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

/** The list's `onChoice` is given the place of the chosen text. */
export function createList(
  label: string,
  texts: readonly string[],
  first: number,
  onChoice: (index: number) => void,
): HTMLElement {
  const options = texts.map((text, index) =>
    element('option', { value: String(index), ...(index === first && { selected: '' }) }, text),
  );
  const select = element('select', { id: `list-${++groups}` }, ...options);
  select.addEventListener('change', () => {
    onChoice(select.selectedIndex);
  });
  return element('span', { class: 'list' }, element('label', { for: select.id }, `${label} `), select);
}

function entriesOf<T extends string>(options: Options<T>): readonly (readonly [T, string])[] {
  return Object.entries(options) as [T, string][];
}

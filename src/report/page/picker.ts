/** Which systems a plot of many lines emphasises: a button each, with the colour of its line. */
import { element } from './element.ts';

/** As many as there are colours that the eye can tell apart (style.css). */
const colours = 6;

export interface Picker {
  readonly control: HTMLElement;
  /** The colour of a system's line; undefined for one that is not emphasised. */
  readonly colourOf: (name: string) => string | undefined;
}

/** Where all colours are taken the oldest choice gives way. */
export function createPicker(
  names: readonly string[],
  first: readonly string[],
  onChange: () => void,
): Picker {
  const places: (string | undefined)[] = Array.from({ length: colours }, (_, index) => first[index]);
  const order = places.filter((name) => name !== undefined);
  const colourOf = (name: string): string | undefined =>
    places.includes(name) ? `var(--series-${places.indexOf(name) + 1})` : undefined;
  const remove = (name: string): void => {
    places[places.indexOf(name)] = undefined;
    order.splice(order.indexOf(name), 1);
  };
  const add = (name: string): void => {
    if (order.length === colours) remove(order[0]!);
    places[places.indexOf(undefined)] = name;
    order.push(name);
  };
  const buttons = names.map((name) => {
    const swatch = element('i', { 'aria-hidden': 'true' });
    const button = element('button', { type: 'button' }, swatch, name);
    button.addEventListener('click', () => {
      (places.includes(name) ? remove : add)(name);
      show();
      onChange();
    });
    return { name, button, swatch };
  });
  const summary = element('summary');
  const show = (): void => {
    summary.textContent = `Systems: ${order.length} of ${names.length} emphasised, ${colours} at most`;
    for (const { name, button, swatch } of buttons) {
      button.ariaPressed = String(places.includes(name));
      swatch.style.background = colourOf(name) ?? 'var(--faint)';
    }
  };
  show();
  const group = element(
    'div',
    { class: 'chips', role: 'group', 'aria-label': 'Emphasised systems' },
    ...buttons.map(({ button }) => button),
  );
  return { control: element('details', { class: 'picker' }, summary, group), colourOf };
}

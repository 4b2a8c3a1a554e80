/** The table of contents: links to all sections of the page. Closed at first: what matters is below it, and not the links. */
import { element } from './element.ts';

export function createContents(parts: readonly HTMLElement[]): HTMLElement {
  const sections = parts.flatMap((part) => [part, ...part.querySelectorAll<HTMLElement>('section')]);
  const items = sections
    .filter(({ tagName }) => tagName === 'SECTION')
    .map(({ id, firstElementChild: heading }) =>
      element('li', {}, element('a', { href: `#${id}` }, heading?.textContent ?? '')),
    );
  const summary = element('summary', {}, `Contents: ${String(items.length)} sections`);
  const list = element('ul', { class: 'contents' }, ...items);
  return element('nav', { 'aria-label': 'Contents' }, element('details', {}, summary, list));
}

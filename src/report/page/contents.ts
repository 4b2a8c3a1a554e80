/** The table of contents: links to all sections of the page. */
import { element } from './element.ts';

export function createContents(parts: readonly HTMLElement[]): HTMLElement {
  const sections = parts.flatMap((part) => [part, ...part.querySelectorAll<HTMLElement>('section')]);
  const items = sections.map(({ id, firstElementChild: heading }) =>
    element('li', {}, element('a', { href: `#${id}` }, heading?.textContent ?? '')),
  );
  return element('nav', { 'aria-label': 'Contents' }, element('ul', { class: 'contents' }, ...items));
}

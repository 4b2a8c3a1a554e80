/** A table that may be wider than the page: it scrolls, by touch and by keys, and shows that it does. */
import { element } from './element.ts';

/** `name` is the region's, for assistive technology. */
export function createScroller(table: HTMLElement, name: string): HTMLElement {
  const region = element(
    'div',
    { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': name },
    table,
  );
  const hint = element('p', { class: 'scroll-hint', 'aria-hidden': 'true' });
  const frame = element('div', { class: 'scroller' }, hint, region);
  const show = (): void => {
    const { scrollLeft, scrollWidth, clientWidth } = region;
    const isWider = scrollWidth > clientWidth + 1;
    frame.classList.toggle('more-before', scrollLeft > 1);
    frame.classList.toggle('more-behind', isWider && scrollLeft < scrollWidth - clientWidth - 1);
    hint.textContent = isWider ? hintOf(hiddenColumns(region)) : '';
  };
  region.addEventListener('scroll', show, { passive: true });
  const watch = new ResizeObserver(show);
  watch.observe(region);
  watch.observe(table);
  return frame;
}

/** How many headings cannot be read now. */
function hiddenColumns(region: HTMLElement): number {
  const { left, right } = region.getBoundingClientRect();
  const heads = [...region.querySelectorAll('thead th')].slice(1);
  return heads.filter((head) => {
    const box = head.getBoundingClientRect();
    return box.right > right + 1 || box.left < left - 1;
  }).length;
}

function hintOf(hidden: number): string {
  return `← scroll sideways: ${hidden} more column${hidden === 1 ? '' : 's'} →`;
}

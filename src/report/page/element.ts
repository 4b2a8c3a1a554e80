/** Builds the page's elements. Text is always text: nothing of a measurement is ever read as markup. */

export type Child = Node | string | undefined;

/** Text whose figures stay with their units where lines break. Not for what is copied into a shell. */
export function prose(text: string): string {
  return text.replaceAll(/(?<=\d) (?=%|[kMG]B\b|[mn]?s\b)/g, '\u00a0');
}

/** Creates an element with attributes and children; `undefined` children are left out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children.filter((child) => child !== undefined));
  return created;
}

let identifiers = 0;

/** A section with a heading that names it for assistive technology. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  const id = title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  const heading = element('h2', { id: `${id}-title` }, title);
  return element('section', { id, 'aria-labelledby': heading.id }, heading, ...children);
}

/** Gives a chart a title and a description that are read in place of its marks. */
export function describeChart(chart: Element, title: string, description: string): void {
  const id = `chart-${++identifiers}`;
  const parts = (['title', 'desc'] as const).map((name) => {
    const part = document.createElementNS('http://www.w3.org/2000/svg', name);
    part.id = `${id}-${name}`;
    part.textContent = name === 'title' ? title : description;
    return part;
  });
  chart.prepend(...parts);
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-labelledby', `${id}-title`);
  chart.setAttribute('aria-describedby', `${id}-desc`);
}

/** A field for a number of things within a sentence; while it is empty, or no such number, something else holds. */
import { element } from './element.ts';

export interface CountWords {
  readonly before: string;
  readonly after: string;
  /** What holds while it is empty. */
  readonly unset: string;
  readonly most: number;
}

export function createCountField(
  { before, after, unset, most }: CountWords,
  onChange: (count: number | undefined) => void,
): HTMLElement {
  const input = element('input', {
    ...{ type: 'number', inputmode: 'numeric', min: '1', max: String(most), step: '1' },
    placeholder: unset,
  });
  input.addEventListener('input', () => {
    onChange(countOf(input, most));
  });
  return element('p', { class: 'count' }, element('label', {}, `${before} `, input, ` ${after}`));
}

function countOf({ valueAsNumber: count }: HTMLInputElement, most: number): number | undefined {
  return Number.isInteger(count) && count >= 1 && count <= most ? count : undefined;
}

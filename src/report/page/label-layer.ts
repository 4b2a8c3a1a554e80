/** The names beside the marks of a plot, as a layer that Plot calls when it knows where everything is. */
import type { RenderFunction } from '@observablehq/plot';
import type { PlacedLabel } from './label-layout.ts';
import { layOutLabels } from './label-layout.ts';
import { narrowWidth } from './rows.ts';
import type { Mark } from './standing.ts';

/** Draws labels, the base line's and the unbeaten systems' first. */
export function labelLayer(marks: readonly Mark[]): RenderFunction {
  return (_index, scales, _values, { width, height, marginLeft, marginBottom }) => {
    const anchors = inOrderOfWeight(marks).map((mark) => ({
      x: scales.x!(mark.x.median) as number,
      left: scales.x!(mark.x.low) as number,
      right: scales.x!(mark.x.high) as number,
      y: scales.y!(mark.y.median) as number,
      top: scales.y!(mark.y.high) as number,
      bottom: scales.y!(mark.y.low) as number,
      text: width < narrowWidth && mark.standing === 'beaten' ? '' : mark.name,
    }));
    const frame = { left: marginLeft + 4, right: width - 2, top: 18, bottom: height - marginBottom - 2 };
    const layer = create('g', { 'aria-hidden': 'true' });
    for (const label of layOutLabels(anchors, frame)) layer.append(...draw(label));
    return layer;
  };
}

/** Those that matter most choose their places first; of the others those at the outside, where room is. */
function inOrderOfWeight(marks: readonly Mark[]): readonly Mark[] {
  const weight = ({ standing }: Mark): number => (standing === 'beaten' ? 1 : 0);
  return [...marks].sort((one, other) => weight(one) - weight(other) || other.x.median - one.x.median);
}

function draw({ x, y, text, labelX, labelY, edgeX, edgeY, isFar }: PlacedLabel): SVGElement[] {
  const label = create('text', { x: labelX, y: labelY, dy: '0.35em', class: 'mark-label' });
  label.textContent = text;
  const line = create('line', { x1: x, y1: y, x2: edgeX, y2: edgeY, class: 'mark-line' });
  return isFar ? [line, label] : [label];
}

function create(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const created = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  return created;
}

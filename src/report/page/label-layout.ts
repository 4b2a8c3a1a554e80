/**
 * Finds room for the labels of a scatter plot. Greedy: each label in turn takes the nearest place around its mark where it
 * covers no mark and no label; a label that had to go far gets a line to its mark.
 */

/** A mark in pixels; without a text it only takes room. */
export interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** The middle of the label, the point of its edge that is nearest to the mark, and whether a line between them helps. */
export interface PlacedLabel extends Anchor {
  readonly labelX: number;
  readonly labelY: number;
  readonly edgeX: number;
  readonly edgeY: number;
  readonly isFar: boolean;
}

/** Sides in pixels from the plot's top left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const characterWidth = 6.3;
const lineHeight = 15;
const markRadius = 7;
const nearDistance = 12;
const step = 6;
const farthest = 180;
const directions = 24;
/** Pixels of way that a place straight above or below is worse than one beside. */
const upright = 14;

/** Places the labels inside `frame`; those for which there is no room are left out. Earlier anchors choose first. */
export function layOutLabels(anchors: readonly Anchor[], frame: Box): readonly PlacedLabel[] {
  const taken = anchors.map(({ x, y }) => boxAround(x, y, markRadius, markRadius));
  const isFree = (box: Box): boolean => isInside(box, frame) && !taken.some((other) => overlap(box, other));
  return anchors
    .filter(({ text }) => text !== '')
    .flatMap((anchor) => {
      const place = places(anchor).find(({ box }) => isFree(box));
      if (place === undefined) return [];
      taken.push(place.box);
      return [{ ...anchor, ...place, isFar: place.distance > nearDistance }];
    });
}

interface Place {
  readonly labelX: number;
  readonly labelY: number;
  readonly edgeX: number;
  readonly edgeY: number;
  readonly distance: number;
  readonly box: Box;
}

/** Places around a mark, the most welcome first. */
function places(anchor: Anchor): readonly Place[] {
  return offsets.map(({ distance, angle }) => placeAt(anchor, distance, angle));
}

function placeAt({ x, y, text }: Anchor, distance: number, angle: number): Place {
  const halfWidth = (text.length * characterWidth) / 2;
  const labelX = x + Math.cos(angle) * (distance + halfWidth);
  const labelY = y + Math.sin(angle) * distance;
  const box = boxAround(labelX, labelY, halfWidth, lineHeight / 2);
  const edge = { edgeX: clamp(x, box.left, box.right), edgeY: clamp(y, box.top, box.bottom) };
  return { labelX, labelY, ...edge, distance, box };
}

/** Every distance and angle (0 is to the right), by how far the eye has to go; beside a mark is better than above it. */
const offsets = Array.from({ length: ((farthest - nearDistance) / step) * directions }, (_, index) => {
  const distance = nearDistance + Math.floor(index / directions) * step;
  const angle = ((index % directions) * 2 * Math.PI) / directions;
  const toTheLeft = Math.cos(angle) < 0 ? 3 : 0;
  return { distance, angle, cost: distance + toTheLeft + Math.abs(Math.sin(angle)) * upright };
}).sort((one, other) => one.cost - other.cost);

function boxAround(x: number, y: number, halfWidth: number, halfHeight: number): Box {
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

function isInside(box: Box, frame: Box): boolean {
  const insideX = box.left >= frame.left && box.right <= frame.right;
  return insideX && box.top >= frame.top && box.bottom <= frame.bottom;
}

/**
 * Finds room for the labels of a scatter plot. Greedy: each label in turn takes the nearest place around its mark where it
 * covers no mark and no label; a label that had to go far gets a line to its mark.
 */

/** A mark in pixels; without a text it only takes room. */
export interface Anchor {
  readonly x: number;
  readonly y: number;
  /** How far the mark's bars reach to its left and right, up and down. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
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

/** Of the widest text, and a little more: two labels beside each other are not to be read as one. */
const characterWidth = 6.9;
const lineHeight = 15;
const markRadius = 7;
const barHalfWidth = 2;
const nearDistance = 12;
const step = 6;
const farthest = 180;
const directions = 24;
/** Pixels of way that a place straight above or below is worse than one beside. */
const upright = 14;

/** Places the labels inside `frame`; those for which there is no room are left out. Earlier anchors choose first. */
export function layOutLabels(anchors: readonly Anchor[], frame: Box): readonly PlacedLabel[] {
  const marks = anchors.flatMap(({ x, y, left, right, top, bottom }) => [
    boxAround(x, y, markRadius, markRadius),
    { left, right, top: y - barHalfWidth, bottom: y + barHalfWidth },
    { left: x - barHalfWidth, right: x + barHalfWidth, top, bottom },
  ]);
  const labels: Box[] = [];
  const isFree = ({ box, way }: Place): boolean =>
    isInside(box, frame) &&
    ![...marks, ...labels].some((other) => overlap(box, other)) &&
    !labels.some((other) => way.some((part) => overlap(part, other)));
  return anchors
    .filter(({ text }) => text !== '')
    .flatMap((anchor) => {
      const place = places(anchor).find(isFree);
      if (place === undefined) return [];
      labels.push(place.box, ...place.way);
      return [{ ...anchor, ...place, isFar: place.way.length > 0 }];
    });
}

interface Place {
  readonly labelX: number;
  readonly labelY: number;
  readonly edgeX: number;
  readonly edgeY: number;
  readonly box: Box;
  /** Small boxes along the line to the mark, where there is one. */
  readonly way: readonly Box[];
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
  const way = distance > nearDistance ? wayBetween(x, y, edge.edgeX, edge.edgeY) : [];
  return { labelX, labelY, ...edge, box, way };
}

/** The line without its ends, which touch the mark and the label. */
function wayBetween(fromX: number, fromY: number, toX: number, toY: number): readonly Box[] {
  const parts = Math.ceil(Math.hypot(toX - fromX, toY - fromY) / 4);
  return Array.from({ length: Math.max(0, parts - 2) }, (_, index) => {
    const part = (index + 1) / parts;
    return boxAround(fromX + (toX - fromX) * part, fromY + (toY - fromY) * part, 1, 1);
  });
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

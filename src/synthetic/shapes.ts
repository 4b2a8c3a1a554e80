/** Which modules each module uses. All are later ones, so that no set has a cycle. */
import type { SetDescription, Shape } from './description.ts';

type Draw = (limit: number) => number;
type Uses = (index: number, count: number, draw: Draw) => readonly number[];

const mostUsed = 3;

const byShape: Readonly<Record<Shape, Uses>> = {
  chain: (index) => [index + 1],
  tree: (index) => [2 * index + 1, 2 * index + 2],
  star: (index, count) => (index === count - 1 ? [] : [count - 1]),
  random: (index, count, draw) => {
    const later = count - index - 1;
    if (later === 0) return [];
    const drawn = Array.from({ length: 1 + draw(mostUsed) }, () => index + 1 + draw(later));
    return [...new Set(drawn)].sort((a, b) => a - b);
  },
};

/** For each module, in their order: the modules that it uses, ascending. */
export function usesOf(
  { shape, modules: count }: SetDescription,
  draw: Draw,
): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, index) =>
    byShape[shape](index, count, draw).filter((used) => used < count),
  );
}

/** The cost laws against the processes of docs/reports/scale.json, which were measured. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import type { ScaleMeasurement } from '../../src/measure/scale-measurement.ts';
import { costOf, syntheticTree } from '../../src/models/cost.ts';
import { systems } from '../../src/systems/registry.ts';
import { variantOf } from '../../src/systems/build-variant.ts';

const report = new URL('../../docs/reports/scale.json', import.meta.url);
const { series, settings } = JSON.parse(readFileSync(report, 'utf8')) as ScaleMeasurement;

/** How far a law may be off, as a part of what was measured. */
const margins = { mappings: 0.1, privateKb: 0.15 };

const pointsAlong = (axis: string) =>
  series
    .filter((each) => each.axis === axis)
    .flatMap(({ system, variant, points: own }) =>
      own.flatMap((point) => (point.status === 'measured' ? [{ system, variant, ...point }] : [])),
    );

type Point = ReturnType<typeof pointsAlong>[number];
type CountedFigure = keyof typeof margins;

function expectNear(
  { system, variant, figures }: Point,
  figure: CountedFigure,
  size: { readonly modules: number; readonly imports: number },
): void {
  const { costs: law } = variantOf(
    systems.find(({ id }) => id === system)!,
    variant,
  );
  const paper = costOf(law!, { ...syntheticTree, ...size }, 1);
  const measured = figures[figure]!.median;
  expect(Math.abs(paper[figure] - measured) / measured).toBeLessThan(margins[figure]);
}

describe.each(['mappings', 'privateKb'] as const)('%s', (figure) => {
  test.each(pointsAlong('modules'))('$system $variant, $at modules', (point) => {
    expectNear(point, figure, { modules: point.at, imports: settings.fixed.imports });
  });

  // With the symbols grow the GOT and the tables of addresses that relocation writes: whoever relocates at each start says with
  // --relocated-pages how far, since the law takes it as given.
  const relocated = pointsAlong('imports').filter(({ system }) => system !== 'got-plt');
  test.each(relocated)('$system $variant, $at imports', (point) => {
    expectNear(point, figure, { modules: settings.fixed.modules, imports: point.at });
  });
});

it('has a law for every variant', () => {
  for (const { id, variants } of systems)
    for (const { id: variant, costs } of variants) expect(costs, `${id}:${variant}`).toBeDefined();
});

it('goes where no machine goes', () => {
  const law = variantOf(systems[0]!, 'lazy').costs!;
  const { memoryKb } = costOf(law, { ...syntheticTree, modules: 100_000, imports: 20 }, 1_000_000);
  expect(Number.isFinite(memoryKb)).toBe(true);
});

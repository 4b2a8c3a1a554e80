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

const points = series
  .filter(({ axis }) => axis === 'modules')
  .flatMap(({ system, variant, points: own }) =>
    own.flatMap((point) => (point.status === 'measured' ? [{ system, variant, ...point }] : [])),
  );

describe.each(['mappings', 'privateKb'] as const)('%s', (figure) => {
  test.each(points)('$system $variant, $at modules', ({ system, variant, at, figures }) => {
    const { costs: law } = variantOf(
      systems.find(({ id }) => id === system)!,
      variant,
    );
    const paper = costOf(law!, { ...syntheticTree, modules: at, imports: settings.fixed.imports }, 1);
    const measured = figures[figure]!.median;
    expect(Math.abs(paper[figure] - measured) / measured).toBeLessThan(margins[figure]);
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

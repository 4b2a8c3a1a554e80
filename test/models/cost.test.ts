/** The cost laws against the processes of docs/reports/scale.json, which were measured. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import type { ScaleMeasurement } from '../../src/measure/scale-measurement.ts';
import { costOf, syntheticTree } from '../../src/models/cost.ts';
import { systems } from '../../src/systems/registry.ts';

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
    const law = systems.find(({ id }) => id === system)?.costs?.[variant];
    const paper = costOf(law!, { ...syntheticTree, modules: at, imports: settings.fixed.imports }, 1);
    const measured = figures[figure]!.median;
    expect(Math.abs(paper[figure] - measured) / measured).toBeLessThan(margins[figure]);
  });
});

it('has a law for every variant', () => {
  for (const { id, variants, costs } of systems)
    expect([id, Object.keys(costs ?? {}).sort()]).toEqual([id, variants.map((each) => each.id).sort()]);
});

it('goes where no machine goes', () => {
  const law = systems[0]!.costs!.lazy!;
  const { memoryKb } = costOf(law, { ...syntheticTree, modules: 100_000, imports: 20 }, 1_000_000);
  expect(Number.isFinite(memoryKb)).toBe(true);
});

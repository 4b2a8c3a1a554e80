/** The growth lab on small sizes: that every figure comes out, follows from the set, and what has none says why. */
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MeasuredPoint, ScaleMeasurement, ScaleSeries } from '../../../src/measure/scale-measurement.ts';
import { sumsOf } from '../../../src/measure/scale/describe-series.ts';
import { sampleTimes } from '../../../src/measure/scale/sample-times.ts';
import { describeSpecimen, listDescriptions } from '../../../src/measure/scale/specimens.ts';
import type { SystemChoice } from '../../../src/pipeline.ts';
import { compareGrowth } from '../../../src/pipeline.ts';
import { parseScale } from '../../../src/report/scale-json.ts';
import { buildReplacement } from '../../../src/synthetic/build-replacement.ts';
import { buildSet } from '../../../src/synthetic/build-set.ts';
import type { System } from '../../../src/systems/system.ts';
import { Refusal } from '../../../src/util/errors.ts';
import { runProgram } from '../../run-program.ts';
import { choiceOf } from '../../systems/bound-set.ts';
import { compileProgram } from '../compile.ts';

const fixed = { modules: 2, imports: 4, processes: 2 };
const sizes = { modules: [1, 2, 4], imports: [], processes: [1, 2, 3] };

describe('the growth lab', () => {
  let found: ScaleMeasurement;
  beforeAll(async () => {
    const choices = ['got-plt:lazy', 'image:partitions'].map(choiceOf);
    found = await compareGrowth({ choices, runs: 2, sizes, fixed }, () => undefined);
  });

  const seriesOf = (axis: string, system: string): ScaleSeries =>
    found.series.find((one) => one.axis === axis && one.system === system)!;

  function medians(series: ScaleSeries, figure: keyof MeasuredPoint['figures']): (number | undefined)[] {
    return series.points.map((point) => {
      if (point.status !== 'measured') throw new Error(point.reason);
      return point.figures[figure]?.median;
    });
  }

  it('has a series of each axis and system, which reads back', async () => {
    expect(found.series.map(({ axis, system }) => `${axis} ${system}`)).toEqual([
      'modules got-plt',
      'modules image',
      'processes got-plt',
      'processes image',
    ]);
    expect(found.series.map(({ points }) => points.map(({ at }) => at))).toEqual(
      Array.from({ length: 4 }, (_, index) => (index < 2 ? sizes.modules : sizes.processes)),
    );
    expect(await parseScale(JSON.stringify(found), 'found')).toEqual(found);
  });

  it('finds what the set says: so many mappings a module under the platform’s linker, and a process', () => {
    const own = medians(seriesOf('modules', 'got-plt'), 'mappings').map((count) => count!);
    // Headers, code, read-only data and RELRO; a module that uses others has lazy slots, too. Of the two new ones one does.
    expect(own[2]! - own[1]!).toBe(4 + 5);
    const [one, two, three] = medians(seriesOf('processes', 'got-plt'), 'mappings');
    expect([two, three]).toEqual([2 * one!, 3 * one!]);
    const fit = seriesOf('processes', 'got-plt').fits.find(({ figure }) => figure === 'mappings');
    expect(fit).toMatchObject({ constant: 0, exponent: 1, explained: 1 });
    expect(fit?.coefficient).toBeCloseTo(one!, 9);
  });

  it('has bind and update times only where there is something to bind', () => {
    for (const figure of ['bindMs', 'updateMs'] as const) {
      expect(medians(seriesOf('modules', 'got-plt'), figure)).toEqual([undefined, undefined, undefined]);
      for (const ms of medians(seriesOf('modules', 'image'), figure)) expect(ms).toBeGreaterThan(0);
      expect(medians(seriesOf('processes', 'image'), figure)).toEqual([undefined, undefined, undefined]);
    }
  });

  it('doubts what two runs say', () => {
    expect(found.warnings.map(({ kind }) => kind)).toContain('few-runs');
  });
});

/** A system that builds the same whatever the program. */
function stub(id: string, outcome: object): SystemChoice {
  const system = { id, variants: [{ id: 'plain', build: () => Promise.resolve([outcome]) }] };
  return { system: system as unknown as System, variant: 'plain' };
}

function running(id: string, file: string): SystemChoice {
  return stub(id, { value: { file, environment: {}, files: [], notes: [] } });
}

it('shows what refuses, ends badly, computes something else or hands over, without figures', async () => {
  const set = await buildSet(describeSpecimen('modules', 1, fixed));
  const print = `puts("${set.checksum}")`;
  const program = (name: string, statement: string) =>
    compileProgram(
      name,
      `#include <stdio.h>\n#include <unistd.h>\nint main(void) { ${statement}; return 0; }`,
    );
  const handOver = `return execl("${set.executable}", "${set.executable}", (char *)0)`;
  const choices = [
    stub('a', { failure: new Refusal('not this one') }),
    running('b', program('scale-ends-badly', `${print}; return 3`)),
    running('c', program('scale-prints-another', 'puts("0123456789abcdef")')),
    running('d', program('scale-hands-over', handOver)),
    running('e', program('scale-prints-right', print)),
  ];
  const only = { modules: [1], imports: [], processes: [] };
  const found = await compareGrowth({ choices, runs: 1, sizes: only, fixed }, () => undefined);
  expect(found.series.map(({ points }) => points[0])).toMatchObject([
    { status: 'refused', reason: 'not this one' },
    { status: 'failed', reason: 'its program ended with status 3' },
    { status: 'failed', reason: 'its program did not print the checksum of the set' },
    { status: 'failed', reason: expect.stringContaining('handed over') as string },
    { status: 'measured' },
  ]);
  expect(found.series.flatMap(({ fits }) => fits)).toEqual([]);
});

it('compiles what two axes share once, the small sets first', () => {
  const all = listDescriptions({ fixed, sizes: { modules: [1, 2], imports: [4, 8], processes: [1, 2] } });
  expect(all.map(({ modules, imports }) => [modules, imports])).toEqual([
    [1, 4],
    [2, 4],
    [2, 8],
  ]);
});

it('replaces a library by one that computes something else', async () => {
  const description = describeSpecimen('modules', 3, fixed);
  const set = await buildSet(description);
  const replacement = await buildReplacement(description);
  expect(replacement.checksum).not.toBe(set.checksum);
  const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-replaced-'));
  try {
    cpSync(path.dirname(set.executable), folder, { recursive: true });
    copyFileSync(replacement.file, path.join(folder, path.basename(replacement.file)));
    const outcome = await runProgram(path.join(folder, path.basename(set.executable)), []);
    expect(outcome).toMatchObject({ stdout: `${replacement.checksum}\n`, status: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('times again what is quick, once what is not, and not at all where there is nothing', async () => {
  const times = (ms: number | undefined) => sampleTimes(() => Promise.resolve(ms));
  expect(await times(10)).toEqual([10, 10, 10]);
  expect(await times(400)).toEqual([400, 400]);
  expect(await times(5000)).toEqual([5000]);
  expect(await times(undefined)).toEqual([]);
});

it('sums whole groups of runs only', () => {
  expect(sumsOf([1, 2, 3, 4, 5], 2)).toEqual([3, 7]);
  expect(sumsOf([1, 2], 3)).toEqual([]);
});

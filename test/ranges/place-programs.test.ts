/** Where programs go, and what one that has no place means for the others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { moduleSpan } from '../../src/capture/module-span.ts';
import { placePrograms } from '../../src/ranges/place-programs.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Blueprint } from '../../src/provenance/explained.ts';
import { install } from '../../src/systems/install/install-system.ts';
import { Refusal } from '../../src/util/errors.ts';
import { pageSize } from '../../src/util/units.ts';
import { environment, testProgram } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { testSubject } from '../bind/subjects.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-place-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const variant = variantOf(install, 'files');
const arrangement = variant.arrangement!;
const space = { base: 0x2000_0000_0000, bits: 30 };
const program = loadProgram(testProgram('exceptions').path);
const programs = [{ name: 'exceptions', program }];

test('modules that have a range keep it; one that has grown out of it gets another', () => {
  const { holdings } = placePrograms(programs, arrangement, space);
  expect(placePrograms(programs, arrangement, space, { holdings, programs: [] }).holdings).toEqual(holdings);
  const [first, second] = holdings;
  const tooSmall = [{ ...first!, size: pageSize }, ...holdings.slice(1)];
  const again = placePrograms(programs, arrangement, space, { holdings: tooSmall, programs: [] });
  const moved = again.holdings.find(({ key }) => key === first!.key)!;
  const { start, end } = moduleSpan(program.modules.find((module) => module.path === first!.key)!);
  expect(moved.size).toBeGreaterThanOrEqual(end - start);
  expect(moved.start).toBeGreaterThan(second!.start);
  expect(again.holdings.filter(({ key }) => key !== first!.key)).toEqual(holdings.slice(1));
  expect(again.failures.size).toBe(0);
});

test('a program that cannot be laid out is refused, and the others are built', async () => {
  const [large, usual] = [testSubject(program.invocation), testSubject(testProgram('threads').path)];
  const explained = async (order?: readonly string[]): Promise<Blueprint> =>
    withMuchMemory(await large.explained(order));
  const outputs = ['large', 'usual'].map((name) => path.join(folder, name));
  const request = { outputs, folder: path.join(folder, 'files'), asInterpreter: false };
  const [refused, built] = await buildVariant(variant, [{ program, explained }, usual], request);
  expect(refused).toMatchObject({ failure: expect.any(Refusal) as unknown });
  expect(refused).toMatchObject({
    failure: { message: expect.stringContaining('bytes of its own') as unknown },
  });
  if (!built || 'failure' in built) throw new Error('the other program was not built');
  const settings = { env: { ...environment, LINKONCE_DEBUG: '1' } };
  const own = await runProgram(built.value.file, [], settings);
  expect(own).toEqual(await runProgram(usual.program.invocation, [], settings));
});

/** As if the linker had asked for more memory than a program's area has. */
function withMuchMemory(blueprint: Blueprint): Blueprint {
  const regions = blueprint.regions.map((each) => {
    const { region } = each;
    if (region.kind !== 'anonymous' || region.mappings.length === 0) return each;
    return { ...each, region: { ...region, end: region.start + 0x1000_0000 } };
  });
  return { ...blueprint, regions };
}

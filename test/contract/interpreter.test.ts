/** Interpreter mode, under variants that between them have every feature of a plan. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bindSubject, openProgram } from '../../src/pipeline.ts';
import { systems } from '../../src/systems/registry.ts';
import { testProgram } from '../programs/build.ts';
import { testContract } from './contract.ts';
import { isTestedAsInterpreter } from './interpreter-forms.ts';
import { planFeatures } from './plan-features.ts';

testContract(({ asInterpreter }) => asInterpreter);

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-features-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what no variant here has the loader do, no other one has it do', async () => {
  const subject = openProgram(testProgram('iostream').path, () => undefined);
  const tested = new Set<string>();
  const others = new Map<string, string>();
  for (const system of systems)
    for (const { id: variant } of system.variants) {
      const name = `${system.id}:${variant}`;
      const output = path.join(folder, name);
      const image = await bindSubject(subject, { system, variant, output });
      if (image.files.length === 0) continue;
      for (const feature of planFeatures(`${output}.image`))
        if (isTestedAsInterpreter(name)) tested.add(feature);
        else others.set(feature, name);
    }
  expect(tested).toContain('steps');
  expect([...others].filter(([feature]) => !tested.has(feature))).toEqual([]);
});

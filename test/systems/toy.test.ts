/** docs/adding-a-system.md: the code that it shows is that of examples/toy-system, and the system does what it says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toy } from '../../examples/toy-system/toy-system.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { measureSystems } from '../../src/measure/measure-systems.ts';
import { openProgram } from '../../src/pipeline.ts';
import type { SyntheticSet } from '../../src/synthetic/build-set.ts';
import { gotPlt } from '../../src/systems/got-plt/got-plt-system.ts';
import { Refusal } from '../../src/util/errors.ts';
import { packageRoot } from '../../src/util/native.ts';
import { moduleRows } from '../image/module-rows.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { Binder, syntheticSet } from './bound-set.ts';

const block = 2 ** 25;
const variants = toy.variants.map(({ id }) => id);

const binder = new Binder();
let set: SyntheticSet;
beforeAll(async () => {
  set = await syntheticSet({ modules: 6, imports: 12, shape: 'tree' });
});
afterAll(() => {
  binder.remove();
});

describe('the system', () => {
  test.each(variants)('%s: programs run', async (variant) => {
    const { file } = await binder.bindChoice(set.executable, { system: toy, variant });
    const outcome = await runProgram(file, [], { env: { ...environment, LINKONCE_DEBUG: '1' } });
    expect(outcome).toEqual({ stdout: `${set.checksum}\n`, stderr: '', status: 0, signal: null });
  });

  test.each(variants)('%s: each module has a block of its own', async (variant) => {
    const { file } = await binder.bindChoice(set.executable, { system: toy, variant });
    const starts = moduleRows(readPlan(`${file}.image`)).map(({ address }) => Number(address));
    expect(new Set(starts.map((start) => Math.floor(start / block))).size).toBe(starts.length);
    if (variant === 'plain') expect(starts.filter((start) => start % block !== 0)).toEqual([]);
  });

  test('refuses where the window has not enough blocks', async () => {
    const choice = { system: toy, variant: 'plain', window: 27 };
    await expect(binder.bindChoice(set.executable, choice)).rejects.toThrow(Refusal);
  });

  test('is measured as any other', async () => {
    const request = { subject: openProgram(set.executable, () => undefined), arguments: [], processes: 1 };
    const choices = [
      { system: gotPlt, variant: 'lazy' },
      ...variants.map((variant) => ({ system: toy, variant })),
    ];
    const settings = { choices, runs: 2, moment: 'exit' } as const;
    const { programs } = await measureSystems([request], settings, () => undefined);
    const [linker, ...own] = programs[0]!.results.map((each) =>
      each.status === 'measured' ? each.privateKb : NaN,
    );
    expect(own).toHaveLength(variants.length);
    for (const kb of own) expect(kb).toBeLessThan(linker!);
  });
});

describe('the document', () => {
  const document = readFileSync(path.join(packageRoot(), 'docs/adding-a-system.md'), 'utf8');
  const shown = [...document.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code);

  test.each(['toy-system.ts', 'toy-calls.ts'])('shows %s as it stands in src/systems/toy', (name) => {
    const file = path.join(packageRoot(), 'examples', 'toy-system', name);
    const code = readFileSync(file, 'utf8')
      .replaceAll('../../src/systems/', '../')
      .replaceAll('../../src/', '../../');
    expect(shown).toContain(code);
  });
});

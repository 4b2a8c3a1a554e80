/**
 * Thirty plug-ins by chance are opened in an order by chance with flags by chance; what each of their references leads to is the same
 * as under the platform's linker. `LINKONCE_TEST=all` plays 500 rounds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { createRandom } from '../../src/util/random.ts';
import { isForRelease } from '../extent.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { bindForm, openingSubject, takeSeen, type Seen } from './opened.ts';
import { compilePlugins, drawPlugins, drawSteps } from './random-plugins.ts';

const count = 31;
const seeds = isForRelease ? Array.from({ length: 10 }, (_, index) => index + 1) : [1];
const roundsOfSeed = isForRelease ? 50 : 20;

/** Some plug-ins are known to nobody: what is prepared must not count on its own kind alone. */
const ways = [
  { form: 'image:single', known: () => true },
  { form: 'prelink:files', known: () => true },
  { form: 'image:single', known: (index: number) => index % 9 !== 4 },
];

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-random-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(seeds)('seed %i', (seed) => {
  const place = path.join(folder, String(seed));
  const plugins = drawPlugins(createRandom(seed), count);
  const images: Image[] = [];
  const seen: Seen[] = [];

  beforeAll(async () => {
    compilePlugins(place, plugins);
    const files = plugins.slice(1).map(({ name }) => path.join(place, `${name}.so`));
    for (const [index, { form, known }] of ways.entries()) {
      const subject = openingSubject(
        path.join(place, 'host'),
        files.filter((_, number) => known(number)),
      );
      images.push(await bindForm(subject, form, path.join(place, `bound-${index}`)));
    }
  });

  test.each(Array.from({ length: roundsOfSeed }, (_, round) => round))('round %i', async (round) => {
    const steps = drawSteps(createRandom(seed * 100_000 + round), count);
    const args = steps.map((step) => step.replace('@', place));
    const file = path.join(place, 'seen');
    const settings = { env: { ...environment, MODULES_SEEN: file, LINKONCE_DEBUG: '1' } };
    const stock = await runProgram(path.join(place, 'host'), args, settings);
    takeSeen(file);
    for (const [index, { file: launcher }] of images.entries()) {
      const own = await runProgram(launcher, args, settings);
      expect(own, `way ${index}, seed ${seed}, round ${round}: ${steps.join(' ')}`).toEqual(stock);
      seen.push(...takeSeen(file));
    }
  });

  test('most of them were prepared', () => {
    expect(seen.length).toBeGreaterThan(roundsOfSeed);
    expect(seen.filter(({ other }) => other > 0).length).toBeGreaterThan(seen.length / 2);
  });
});

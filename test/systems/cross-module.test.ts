/**
 * The four kinds of use between modules that the seed lists: calls, constant data, function addresses, and calls through function
 * pointers. Sets of which the checksum is computed without compiler and linker run under every system and variant.
 */
import { afterAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { withPlaces } from '../../src/pagein/with-places.ts';
import type { SetDescription } from '../../src/synthetic/description.ts';
import { reasonToHandOver } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { allForms, Binder, syntheticSet } from './bound-set.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});

const base: Partial<SetDescription> = { modules: 8, functions: 9, imports: 36, shape: 'random', seed: 5 };
const sets: readonly (readonly [string, Partial<SetDescription>])[] = [
  ['through PLT slots', {}],
  ['through PLT slots, bound lazily, and writable data', { lazy: true, writableData: true }],
  ['through GOT slots', { plt: false }],
  ['through GOT slots, and writable data', { plt: false, writableData: true }],
];

async function expectPrinted(image: Image, text: string): Promise<void> {
  const env = { ...environment, ...image.environment, LINKONCE_DEBUG: '1' };
  const outcome = await withPlaces([image], () => runProgram(image.file, [], { env }));
  expect(outcome).toEqual({ stdout: text, stderr: '', status: 0, signal: null });
}

describe.each(sets)('%s', (_, difference) => {
  for (const form of allForms)
    test(form, async ({ skip }) => {
      const { executable, checksum } = await syntheticSet({ ...base, ...difference });
      const image = await binder.bind(executable, form);
      const reason = reasonToHandOver(image);
      if (reason !== undefined) skip(reason);
      await expectPrinted(image, `${checksum}\n`);
    });
});

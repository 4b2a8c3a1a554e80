/** `doctor` says how many programs of a store run from it, by what their launchers say. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askStoredPrograms } from '../../src/doctor/stored-programs.ts';
import { reasons } from '../../src/image/reasons.ts';
import { requireCatalogue } from '../../src/store/catalogue.ts';
import { environment } from '../programs/build.ts';
import { linkonce } from './linkonce.ts';

let store: string;
beforeAll(async () => {
  store = mkdtempSync(path.join(tmpdir(), 'linkonce-doctor-store-'));
  await linkonce(['store', 'add', '--store', store, 'cat', 'echo', 'true'], { env: environment });
});
afterAll(() => rmSync(store, { recursive: true, force: true }));

const imageOf = (program: string): string => {
  const { image } = requireCatalogue(store).programs.find(({ name }) => name === program)!;
  return path.join(store, 'files', image);
};

test('all run', async () => {
  expect(await askStoredPrograms(store)).toEqual({
    answer: 'yes',
    detail: `${store}: 3 of 3 programs run from it`,
  });
});

test('each form is asked with its own variables', async () => {
  const variable = 'MALLOC_TOP_PAD_=65536';
  await linkonce(['store', 'add', '--store', store, '--env', variable, 'echo'], { env: environment });
  expect(await askStoredPrograms(store)).toMatchObject({
    answer: 'yes',
    detail: expect.stringContaining(': 4 of 4 programs run from it') as unknown,
  });
  const form = requireCatalogue(store).programs.find(({ variables }) => variables.length > 0);
  const image = path.join(store, 'files', form!.image);
  chmodSync(image, 0o664);
  expect(await askStoredPrograms(store)).toMatchObject({
    detail: expect.stringContaining(`: 3 of 4 programs run from it; of the others, most often: `) as unknown,
  });
  chmodSync(image, 0o644);
  await linkonce(['store', 'remove', '--store', store, 'echo'], { env: environment });
  await linkonce(['store', 'add', '--store', store, 'echo'], { env: environment });
});

test('of those that do not, the commonest reason is said', async () => {
  chmodSync(imageOf('echo'), 0o664);
  expect(await askStoredPrograms(store)).toEqual({
    answer: 'limited',
    detail: `${store}: 2 of 3 programs run from it; of the others, most often: ${reasons.imageWritable.text}`,
  });
  for (const name of ['cat', 'true']) rmSync(imageOf(name));
  expect(await askStoredPrograms(store)).toEqual({
    answer: 'limited',
    detail: `${store}: 0 of 3 programs run from it; of the others, most often: ${reasons.noImage.text}`,
  });
});

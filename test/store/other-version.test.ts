/** A store that another version of linkonce made: an update keeps what a person chose, and binds it anew. */
import { readFileSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { catalogueVersion, requireCatalogue } from '../../src/store/catalogue.ts';
import { createPlace, expectSound, failure, fromStore, inBin, well, type Place } from './place.ts';

const said = 'library from second\n';

let place: Place;
beforeEach(async () => {
  place = createPlace('search-path', 'copy-input');
  const programs = ['search-path', 'copy-input'].map(place.program);
  await well(place.command('add', '--system', 'image:merged', '--slide', 'boot', ...programs));
});
afterEach(() => place.remove());

/** Has the store's catalogue be one of the next version, with `body`. */
function rewrite(change: (body: string) => string): void {
  const file = path.join(place.store, 'current', 'catalogue');
  const [, body = ''] = readFileSync(file, 'utf8').split('\n');
  const next = change(body);
  const sha256 = createHash('sha256').update(next).digest('hex');
  const head = { format: 'linkonce-store', version: catalogueVersion + 1, sha256 };
  writeFileSync(file, `${JSON.stringify(head)}\n${next}\n`);
}

/** All that only the other version can know is gone from it. */
function withoutDetails(body: string): string {
  const { settings, programs } = JSON.parse(body) as {
    readonly settings: unknown;
    readonly programs: readonly Readonly<Record<string, unknown>>[];
  };
  const rows = programs.map(({ name, variables, invocation, asInterpreter, opened }) => ({
    ...{ name, variables, invocation, asInterpreter, opened },
    image: { is: 'another thing' },
  }));
  return JSON.stringify({ settings, programs: rows, modules: 'elsewhere' });
}

test('an update binds its programs anew, with its settings', async () => {
  const before = readdirSync(path.join(place.store, 'files'));
  rewrite(withoutDetails);
  expect(await failure(place.command('list'))).toContain('`store update` binds its programs anew');
  // Its launchers have all that they need.
  await fromStore(place.run('search-path'), said);
  expect(await well(place.command('update'))).toMatch(
    /search-path \(before: another version of linkonce bound it\)/,
  );
  expect(inBin(place)).toEqual(['copy-input', 'search-path']);
  await fromStore(place.run('search-path'), said);
  const { settings } = requireCatalogue(place.store);
  expect(settings).toMatchObject({ system: 'image', variant: 'merged', slide: 'boot' });
  const after = readdirSync(path.join(place.store, 'files'));
  expect(after.filter((name) => before.includes(name))).toEqual([]);
  await expectSound(place);
});

test('a program that cannot be bound stays, and is tried again', async () => {
  rewrite(withoutDetails);
  const library = place.program('second/liborder.so');
  renameSync(library, `${library}.away`);
  expect(await failure(place.command('update'))).toContain('liborder.so');
  expect(realpathSync(path.join(place.store, 'bin', 'search-path'))).toBe(place.program('search-path'));
  expect(await well(place.command('list'))).toMatch(/search-path .*liborder\.so/);
  renameSync(`${library}.away`, library);
  await well(place.command('update'));
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('a program that is gone goes', async () => {
  rewrite(withoutDetails);
  rmSync(place.program('copy-input'));
  await well(place.command('update'));
  expect(inBin(place)).toEqual(['search-path']);
});

test('a catalogue in which it does not stand stays as it is', async () => {
  rewrite(() => '{"settings":{}}');
  const line = await failure(place.command('update'));
  expect(line).toContain('`store undo` takes it away');
  await fromStore(place.run('search-path'), said);
  await well(place.command('undo'));
});

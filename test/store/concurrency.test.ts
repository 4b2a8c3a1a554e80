/** Several commands at once on one store: one after the other has it, and nothing is lost. */
import { copyFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outcome } from '../run-program.ts';
import { createPlace, expectSound, fromStore, inBin, well, type Place } from './place.ts';

const said = 'library from second\n';

let place: Place;
beforeEach(() => {
  place = createPlace('search-path', 'bss');
  for (const name of ['one', 'two', 'three']) copyFileSync(place.program('search-path'), place.program(name));
});
afterEach(() => place.remove());

const add = (...names: readonly string[]) => place.command('add', ...names.map(place.program));

/** It went well, or says in one line why not. */
function expectOrderly({ stderr, status, signal }: Outcome): void {
  expect(signal).toBeNull();
  if (status === 0) expect(stderr).toBe('');
  else
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^linkonce: [^\n]+\n$/) as string,
    });
}

test('a new store: four adds, each of another program', async () => {
  const outcomes = await Promise.all(['one', 'two', 'three', 'bss'].map((name) => add(name)));
  for (const { stderr, status } of outcomes) expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(inBin(place)).toEqual(['bss', 'one', 'three', 'two']);
  for (const name of ['one', 'two', 'three']) await fromStore(place.run(name), said);
  await expectSound(place);
});

test('six commands: what was added is there, what was removed is not', async () => {
  await well(add('bss', 'one'));
  const outcomes = await Promise.all([
    add('two'),
    add('three'),
    place.command('remove', 'bss'),
    place.command('update'),
    place.command('list'),
    place.command('verify'),
  ]);
  outcomes.forEach(expectOrderly);
  expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(inBin(place)).toEqual(['one', 'three', 'two']);
  for (const name of ['one', 'two', 'three']) await fromStore(place.run(name), said);
  await expectSound(place);
});

test('undo beside add, update and reslide: a whole store, or none', async () => {
  await well(add('one'));
  const commands = [
    place.command('undo'),
    add('two'),
    place.command('update'),
    place.command('reslide'),
    add('three'),
  ];
  (await Promise.all(commands)).forEach(expectOrderly);
  await well(add('bss', 'one'));
  await fromStore(place.run('one'), said);
  await expectSound(place);
});

test('programs start at every moment while the store changes', async () => {
  await well(add('one'));
  const state = { isChanging: true };
  const changes = (async () => {
    await well(place.command('reslide'));
    await well(add('two'));
    await well(place.command('remove', 'two'));
    state.isChanging = false;
  })();
  let count = 0;
  for (; state.isChanging; count++) await fromStore(place.run('one'), said);
  await changes;
  expect(count).toBeGreaterThan(10);
});

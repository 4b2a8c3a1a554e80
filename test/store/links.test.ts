/** A store's program is named by a symbolic link that is moved: `list` says so, and `update` follows it. */
import { cpSync, linkSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileLibrary } from '../contract/workplace.ts';
import { createPlace, expectSound, fromStore, throughLinker, well, type Place } from './place.ts';
import { isFiltered } from '../machine/filter.ts';

let place: Place;
/** One program in two folders, each with a library of its own, and a link to the first. */
beforeEach(() => {
  place = createPlace('search-path');
  for (const release of ['v1', 'v2']) {
    mkdirSync(place.program(`${release}/second`), { recursive: true });
    compileLibrary(place.program(`${release}/second/liborder.so`), release);
  }
  cpSync(place.program('search-path'), place.program('v1/search-path'));
});
afterEach(() => place.remove());

function move(link: string, text: string): void {
  symlinkSync(text, place.program('new'));
  renameSync(place.program('new'), place.program(link));
}

async function expectFollowed(name: string, reason: RegExp): Promise<void> {
  await throughLinker(place.run(name), 'library from v2\n');
  expect(await well(place.command('list'))).toMatch(reason);
  expect(await well(place.command('update'))).toMatch(new RegExp(`^bound again: ${name}`, 'm'));
  await fromStore(place.run(name), 'library from v2\n');
  expect(await well(place.command('list'))).not.toContain('through ld.so');
  await expectSound(place);
}

test('to another program', async () => {
  cpSync(place.program('search-path'), place.program('v2/search-path'));
  symlinkSync('v1/search-path', place.program('tool'));
  await well(place.command('add', place.program('tool')));
  await fromStore(place.run('tool'), 'library from v1\n');
  move('tool', 'v2/search-path');
  await expectFollowed(
    'tool',
    /through ld\.so: a file is not as at bind \([^\n]*\/tool is not as at bind\)$/m,
  );
});

test('to the same file by another name, where it has another library', async ({ skip }) => {
  if (isFiltered) skip('system calls are filtered here: launchers of programs with several names hand over');
  linkSync(place.program('v1/search-path'), place.program('v2/search-path'));
  symlinkSync('v1', place.program('current'));
  await well(place.command('add', place.program('current/search-path')));
  await fromStore(place.run('search-path'), 'library from v1\n');
  move('current', 'v2');
  await expectFollowed(
    'search-path',
    /through ld\.so: a file is not as at bind \([^\n]*\/current is not as at bind\)$/m,
  );
});

/** Processes that run from a store go on undisturbed, whatever happens to it; new ones are at new addresses. */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPlace, expectSound, failure, fromStore, well, type Place } from './place.ts';
import { compileWaiting, startWaiting, type Waiting } from './waiting.ts';

let place: Place;
const started: ChildProcess[] = [];
beforeEach(async () => {
  place = createPlace('search-path');
  compileWaiting(place);
  await well(place.command('add', '--window', '34', place.program('waiting'), place.program('search-path')));
});
afterEach(() => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
  place.remove();
});

const start = (): Promise<Waiting> => startWaiting(place, started);

const answer = (question: string): string => `768 2048 ${question}`;

/** Where a process has a file of the store mapped. */
function mappedAt({ pid }: Waiting): number[] {
  return readFileSync(`/proc/${String(pid)}/maps`, 'utf8')
    .split('\n')
    .filter((line) => line.includes(path.join(place.store, 'files')))
    .map((line) => parseInt(line, 16));
}

test('a process goes on through update, reslide, gc, remove and undo', async () => {
  const waiting = await start();
  expect(mappedAt(waiting).length).toBeGreaterThan(0);
  const changes: readonly (() => Promise<unknown>)[] = [
    () => {
      writeFileSync(place.program('libwaiting.so.new'), readFileSync(place.program('libwaiting.so')));
      execFileSync('mv', [place.program('libwaiting.so.new'), place.program('libwaiting.so')]);
      return well(place.command('update'));
    },
    () => well(place.command('reslide')),
    () => well(place.command('gc')),
    () => well(place.command('remove', 'waiting')),
    () => well(place.command('gc')),
    () => well(place.command('undo')),
  ];
  expect(await waiting.ask('before')).toBe(answer('before'));
  for (const [index, change] of changes.entries()) {
    await change();
    expect(await waiting.ask(String(index))).toBe(answer(String(index)));
  }
  expect(await waiting.end()).toBe(0);
});

test('reslide: new processes are at other addresses, and everything runs', async () => {
  const before = await start();
  expect(await well(place.command('reslide'))).toBe('2 programs at new addresses\n');
  const after = await start();
  const old = new Set(mappedAt(before));
  expect(mappedAt(after).length).toBeGreaterThan(0);
  expect(mappedAt(after).filter((address) => old.has(address))).toEqual([]);
  for (const process of [before, after]) expect(await process.ask('who')).toBe(answer('who'));
  await fromStore(place.run('search-path'), 'library from second\n');
  await expectSound(place);
});

test('reslide: a system whose addresses are the same everywhere says so', async () => {
  await well(place.command('undo'));
  await well(place.command('add', '--system', 'fixed', place.program('search-path')));
  expect(await failure(place.command('reslide'))).toContain('it cannot slide');
  await fromStore(place.run('search-path'), 'library from second\n');
});

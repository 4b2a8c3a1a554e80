/** Processes that run from a store go on undisturbed, whatever happens to it; new ones are at new addresses. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packageRoot } from '../../src/util/native.ts';
import { createPlace, debugging, expectSound, failure, fromStore, well, type Place } from './place.ts';

let place: Place;
const started: ChildProcess[] = [];
beforeEach(async () => {
  place = createPlace('search-path');
  compileWaiting();
  await well(place.command('add', '--window', '34', place.program('waiting'), place.program('search-path')));
});
afterEach(() => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
  place.remove();
});

const sources = path.join(packageRoot(), 'test', 'store');

function compileWaiting(): void {
  const library = place.program('libwaiting.so');
  const compile = (...args: readonly string[]) => execFileSync('cc', ['-O1', ...args], { stdio: 'pipe' });
  compile('-shared', '-fPIC', '-o', library, path.join(sources, 'libwaiting.c'));
  const origin = '-Wl,-rpath,$ORIGIN';
  compile('-o', place.program('waiting'), path.join(sources, 'waiting.c'), library, origin);
}

/** A process that answers lines, one at a time. */
interface Waiting {
  readonly pid: number;
  ask(question: string): Promise<string>;
  end(): Promise<number | null>;
}

async function start(): Promise<Waiting> {
  const child = spawn(path.join(place.store, 'bin', 'waiting'), [], {
    env: debugging,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return {
    pid: child.pid!,
    ask: (question) => {
      child.stdin.write(`${question}\n`);
      return next();
    },
    end: () =>
      new Promise((resolve) => {
        child.on('close', resolve);
        child.stdin.end();
      }),
  };
}

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

/** `linkonce store processes`: which processes an update left behind, and what of them changed. */
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, linkSync, renameSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPlace, failure, well, type Place } from './place.ts';
import { compileWaiting, startWaiting } from './waiting.ts';

let place: Place;
let library: string;
const started: ChildProcess[] = [];
beforeEach(async () => {
  place = createPlace('search-path');
  compileWaiting(place);
  library = place.program('libwaiting.so');
  await well(place.command('add', '--window', '34', place.program('waiting')));
});
afterEach(() => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
  place.remove();
});

const start = () => startWaiting(place, started);

/** Another file of the same content in its place. */
function replace(file: string): void {
  copyFileSync(file, `${file}.new`);
  renameSync(`${file}.new`, file);
}

/** What is listed, without times. */
async function listed(...options: readonly string[]) {
  const { stdout, status } = await place.command('processes', '--json', ...options);
  const report = JSON.parse(stdout) as { processes: { pid: number; current: boolean; changed: [] }[] };
  const processes = report.processes.map(({ pid, current, changed }) => ({
    ...{ pid, current },
    changed: changed.map(({ path, now }) => [path, now]),
  }));
  return { processes, status };
}

test('what changed is named before and after an update, and a process of today is not shown', async () => {
  const { pid } = await start();
  expect(await listed()).toEqual({ processes: [], status: 0 });
  expect(await listed('--all')).toEqual({ processes: [{ pid, current: true, changed: [] }], status: 0 });

  replace(library);
  const changed = [[library, 'another file']];
  expect(await listed()).toEqual({ processes: [{ pid, current: true, changed }], status: 1 });

  await well(place.command('update'));
  const { pid: later } = await start();
  expect(await listed()).toEqual({ processes: [{ pid, current: false, changed }], status: 1 });
  const { stdout } = await place.command('processes', '--all');
  expect(stdout).toContain(`${String(pid)}  ${place.program('waiting')}, started `);
  expect(stdout).toContain(': of an older generation, of files that changed:\n');
  expect(stdout).toMatch(/^ {9}\S+\/libwaiting\.so: another file since 20/m);
  expect(stdout).toContain(`${String(later)}  `);
});

test('new addresses change no file; one that is gone is said to be', async () => {
  const { pid } = await start();
  await well(place.command('reslide'));
  expect(await listed()).toEqual({ processes: [{ pid, current: false, changed: [] }], status: 0 });

  rmSync(library);
  const changed = [[library, 'gone']];
  expect(await listed()).toEqual({ processes: [{ pid, current: false, changed }], status: 1 });
});

test('a file with another name or mode is the same; one that was written to is not', async () => {
  const { pid } = await start();
  const program = place.program('waiting');
  linkSync(program, `${program}-too`);
  chmodSync(program, 0o700);
  expect(await listed()).toEqual({ processes: [], status: 0 });

  appendFileSync(library, 'x');
  const changed = [[library, 'another file']];
  expect(await listed()).toEqual({ processes: [{ pid, current: true, changed }], status: 1 });
});

test('without a store there is nothing to look for', async () => {
  await well(place.command('undo'));
  expect(await failure(place.command('processes'))).toContain('there is no store');
});

/** Servers that end, in every way: what was read stays, what was not is an error, and the next server finds a clean place. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearDeadMounts, mountState } from '../../src/fuse/mount-state.ts';
import { FusePlace, whyNotRoot } from './place.ts';

let place: FusePlace;
beforeEach((context) => {
  context.skip(whyNotRoot !== undefined, whyNotRoot);
  place = new FusePlace();
});
afterEach(() => (whyNotRoot === undefined ? place.remove() : undefined));

test('killed: pages in the cache stay, others are lost, and a new server takes the place', async () => {
  const server = await place.spawnServer();
  const far = 2_900_000;
  const process = place.start(place.compileTouch(), [place.at('big'), '0', '100', String(far)]);
  const bytes = readFileSync(place.original('big'));
  const output = process.stdout ? text(process.stdout) : Promise.resolve('');
  await expect.poll(() => residentPages(process.pid)).toBeGreaterThan(0);
  server.kill('SIGKILL');
  await once(server, 'exit');
  process.stdin?.end('\n');
  expect(await output).toBe(`${bytes[0]}\n${bytes[0]}\n${bytes[100]}\nlost\n`);
  expect(mountState(place.mount)).toBe('dead');
  expect(() => readFileSync(place.at('big'))).toThrow(/ENOTCONN/);
  await place.serve();
  expect(mountState(place.mount)).toBe('live');
  expect(readFileSync(place.at('big')).equals(bytes)).toBe(true);
});

/** Pages of the file that a process has mapped and touched. */
function residentPages(pid = 0): number {
  const lines = readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.endsWith('/big'));
  const resident = start < 0 ? undefined : lines.slice(start).find((line) => line.startsWith('Rss:'));
  return Number(/\d+/.exec(resident ?? '0')?.[0] ?? 0);
}

test('a dead mount is told from none and from another, and taken away', async () => {
  expect(mountState(place.mount)).toBe('none');
  expect(mountState('/proc')).toBe('other');
  const server = await place.spawnServer();
  expect(mountState(place.mount)).toBe('live');
  expect(clearDeadMounts(place.mount)).toBe('live');
  server.kill('SIGKILL');
  await once(server, 'exit');
  expect(clearDeadMounts(place.mount)).toBe('none');
});

test('detached while a file is open: it is served to its last reader', async () => {
  const server = await place.serve(0);
  const file = openSync(place.at('big'), 'r');
  server.detach();
  expect(mountState(place.mount)).toBe('none');
  const bytes = Buffer.alloc(4096);
  readSync(file, bytes, 0, 4096, 2_000_000);
  expect(bytes.equals(readFileSync(place.original('big')).subarray(2_000_000, 2_004_096))).toBe(true);
  closeSync(file);
  await server.ended;
});

test('stopped while a file is open: its next page is an error', async () => {
  const server = await place.serve(0);
  const file = openSync(place.at('big'), 'r');
  readSync(file, Buffer.alloc(10), 0, 10, 0);
  await server.stop();
  const bytes = Buffer.alloc(10);
  readSync(file, bytes, 0, 10, 0);
  expect(bytes.equals(readFileSync(place.original('big')).subarray(0, 10))).toBe(true);
  expect(() => readSync(file, Buffer.alloc(10), 0, 10, 2_000_000)).toThrow(/ENOTCONN|ECONNABORTED|EIO/);
  // close(2) asks the file system for what it could not write; the file is closed all the same.
  expect(() => closeSync(file)).toThrow(/ENOTCONN/);
  await expect(server.update({}, {})).rejects.toThrow(/has ended/);
});

test('SIGTERM, or an unmount by somebody else, ends the serving process', async () => {
  const first = await place.spawnServer();
  first.kill('SIGTERM');
  expect(await once(first, 'exit')).toEqual([0, null]);
  expect(mountState(place.mount)).toBe('none');
  const second = await place.spawnServer();
  execFileSync('umount', [place.mount]);
  expect(await once(second, 'exit')).toEqual([0, null]);
});

/** What `store verify` finds, each in one line, and how it is mended. */
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireCatalogue, type Catalogue, type StoredProgram } from '../../src/store/catalogue.ts';
import { planOffset } from '../../src/image/plan-layout.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { expectHandOver } from '../contract/workplace.ts';
import { createPlace, expectSound, failure, fromStore, well, type Place } from './place.ts';

const said = 'library from second\n';

let place: Place;
let catalogue: Catalogue;
let program: StoredProgram;
beforeEach(async () => {
  place = createPlace('search-path', 'bss');
  // Its files hold code, too.
  const system = ['--system', 'image:partitions'];
  await well(place.command('add', ...system, place.program('search-path'), place.program('bss')));
  catalogue = requireCatalogue(place.store);
  program = catalogue.programs.find(({ name }) => name === 'search-path')!;
});
afterEach(() => place.remove());

const stored = (name: string): string => path.join(place.store, 'files', name);

/** Inverts a byte; the file keeps its inode. */
function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.from([~bytes[at]! & 0xff]), 0, 1, at);
  closeSync(descriptor);
}

/** The lines of `verify` that name faults. */
async function faults(): Promise<string[]> {
  const { stdout, stderr, status } = await place.command('verify');
  expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
  const lines = stdout.split('\n').filter((line) => line.startsWith('fault: '));
  expect(stdout).toContain(`${String(lines.length)} faults\n`);
  return lines;
}

/** Offset of what a shared file holds of the library, in the range that the linker wrote or before it. */
function inLibrary(what: 'code' | 'relocated'): { file: string; at: number } {
  const { file, offset, written } = catalogue.stock.modules.find(({ path: name }) =>
    name.endsWith('liborder.so'),
  )!;
  return { file: file.path, at: offset + (what === 'code' ? 16 : written[0]!.start + 8) };
}

test.each(['code', 'relocated'] as const)('a byte of a shared file: %s', async (what) => {
  const { file, at } = inLibrary(what);
  flip(file, at);
  const lines = await faults();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^fault: search-path: wrong memory at 0x[0-9a-f]+/);
  expectHandOver(await place.run('search-path'), said, 'a file of the store is not as at bind');
  expect(await well(place.command('update'))).toMatch(
    /^bound again: search-path \(a file of the store is not as at bind \(\/.* is not as it was written\)\)$/m,
  );
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('a shared file that was only touched: its programs would not run from it', async () => {
  const { file } = inLibrary('code');
  flip(file, 16);
  flip(file, 16);
  expect(await faults()).toEqual([`fault: ${file}: is not as it was written`]);
  expect(await well(place.command('list'))).toMatch(
    /search-path .* through ld\.so: a file of the store is not as at bind \(.* is not as it was written\)$/m,
  );
});

test("bytes of an image's plan, loader and memory", async () => {
  const image = stored(program.image);
  const { header } = readPlan(image);
  const ends = [BigInt(planOffset) + header.tables_size, header.loader_offset + header.loader_size].map(
    Number,
  );
  for (const at of [planOffset + 100, ends[0]! - 8, ends[0]! + 64, ends[1]! + 24]) {
    flip(image, at);
    const lines = await faults();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^fault: (.*search-path.image.*: the image |search-path: wrong memory)/);
    flip(image, at);
    await expectSound(place);
  }
});

test("a byte of an image's digests, which no start reads", async () => {
  const image = stored(program.image);
  flip(image, statSync(image).size - 5);
  expect(await faults()).toEqual([`fault: ${image}: is not as it was written`]);
});

test('a byte of a launcher', async () => {
  flip(stored(program.launcher), 300);
  expect(await faults()).toEqual([`fault: ${stored(program.launcher)}: is not the launcher of search-path`]);
});

test('a byte of a record', async () => {
  flip(stored(program.record), 200);
  const lines = await faults();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`${stored(program.record)}: the record is damaged`);
});

test.each(['record', 'image', 'launcher', 'shared'] as const)('a missing file: %s', async (which) => {
  const file = stored(which === 'shared' ? path.basename(inLibrary('code').file) : program[which]);
  rmSync(file);
  expect(await faults()).toEqual([`fault: ${file}: is missing`]);
  // Of a launcher its entry in bin is left, and nobody starts a record.
  const state = which === 'image' || which === 'shared' ? 'through ld.so: ' : 'ready';
  expect(await well(place.command('list'))).toMatch(new RegExp(`^  search-path .* ${state}`, 'm'));
  expect(await well(place.command('update'))).toMatch(/^bound again: search-path \(.* is missing\)$/m);
  await fromStore(place.run('search-path'), said);
  await expectSound(place);
});

test('an entry of bin that is another file', async () => {
  const entry = path.join(place.store, 'bin', 'search-path');
  rmSync(entry);
  copyFileSync(stored(program.launcher), entry);
  expect(await faults()).toEqual([`fault: ${entry}: is not the launcher`]);
});

test('the catalogue: every command says so in one line', async () => {
  const file = path.join(place.store, 'current', 'catalogue');
  flip(file, statSync(file).size >> 1);
  for (const command of ['verify', 'list', 'update', 'gc', 'reslide'])
    expect(await failure(place.command(command))).toBe(`linkonce: ${file}: the catalogue is damaged\n`);
  await fromStore(place.run('search-path'), said);
  await well(place.command('undo'));
  expect(readdirSync(place.folder)).toEqual(['programs']);
});

test('reslide writes everything but the records anew', async () => {
  flip(stored(program.launcher), 300);
  await well(place.command('reslide'));
  await expectSound(place);
  await fromStore(place.run('search-path'), said);
});

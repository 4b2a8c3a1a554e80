/**
 * What must never go wrong: a launcher runs the right code, or hands over to the platform's linker, or ends with one
 * line. Each test changes one thing after the bind.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildPrograms, environment } from '../programs/build.ts';
import { planOffset } from '../../src/image/plan-layout.ts';
import { reasons } from '../../src/image/reasons.ts';
import { runInShell } from '../run-program.ts';
import { hasTrailer, occupyPlan, occupyStep, stepsOnFreeRanges, tablesEnd } from './tampering.ts';
import { compileLibrary, createWorkplace, expectHandOver, expectImage, type Workplace } from './workplace.ts';

const usual = 'library from second\n';
const other = 'library from sec0nd\n';
const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const isRoot = process.getuid?.() === 0;
const onlyRoot = 'only root can give files away';
const ownCopy = 'in interpreter mode the launcher is a copy of the program, which does not need it';

describe.each([
  ['launcher', false, 'search-path'],
  ['interpreter', true, 'search-path'],
  // The kernel has mapped the program where the image's copy of it goes.
  ['interpreter of a program with fixed addresses', true, 'search-path-no-pie'],
])('as %s', (_, asInterpreter, name) => {
  let place: Workplace;

  beforeEach(async () => {
    buildPrograms([name]);
    place = await createWorkplace({ asInterpreter, name });
  });
  afterEach(() => place.remove());

  test('nothing changed: the image runs', async () => {
    expectImage(await place.start(), usual);
  });

  describe('the library', () => {
    test('is replaced by rename', async () => {
      const fresh = path.join(place.folder, 'fresh.so');
      compileLibrary(fresh, 'sec0nd');
      renameSync(fresh, place.library);
      expectHandOver(await place.start(), other);
    });

    test('is rewritten in place', async () => {
      const fresh = path.join(place.folder, 'fresh.so');
      compileLibrary(fresh, 'a longer name than it was');
      writeFileSync(place.library, readFileSync(fresh), { flag: 'r+' });
      expectHandOver(await place.start(), 'library from a longer name than it was\n');
    });

    test('is rewritten in place with its old size and time', async () => {
      const before = statSync(place.library);
      const fresh = path.join(place.folder, 'fresh.so');
      compileLibrary(fresh, 'sec0nd');
      writeFileSync(place.library, readFileSync(fresh), { flag: 'r+' });
      utimesSync(place.library, before.atime, before.mtime);
      expect(statSync(place.library).size).toBe(before.size);
      expectHandOver(await place.start(), other);
    });

    test('is replaced by rename with its old size and time', async () => {
      const before = statSync(place.library);
      const fresh = path.join(place.folder, 'fresh.so');
      compileLibrary(fresh, 'sec0nd');
      utimesSync(fresh, before.atime, before.mtime);
      renameSync(fresh, place.library);
      expectHandOver(await place.start(), other);
    });

    test('is removed', async () => {
      rmSync(place.library);
      const outcome = await place.start();
      expect(outcome).toMatchObject({ stdout: '', status: 127, signal: null });
      expect(outcome.stderr).toMatch(/liborder\.so: cannot open shared object file/);
    });

    test('appears earlier in the search path', async () => {
      mkdirSync(path.join(place.folder, 'first'));
      compileLibrary(path.join(place.folder, 'first', 'liborder.so'), 'first');
      expectHandOver(await place.start(), 'library from first\n');
    });
  });

  describe('a folder that the linker would search and did not find', () => {
    const fromSecond = 'library from second\n';
    const first = (...names: string[]): string => path.join(place.folder, 'first', ...names);
    beforeEach(() => mkdirSync(first()));

    test('is there and empty: no reason to hand over, until something is in it', async () => {
      expectImage(await place.start(), fromSecond);
      writeFileSync(first('.hidden'), '');
      expectHandOver(await place.start(), fromSecond, reasons.fileChanged.text);
    });

    test('is there and has more names than are read at once', async () => {
      for (let index = 0; index < 100; index++) writeFileSync(first(`name-${String(index)}`), '');
      expectHandOver(await place.start(), fromSecond, reasons.fileChanged.text);
    });

    test('is a file', async () => {
      rmSync(first(), { recursive: true });
      writeFileSync(first(), '');
      expectHandOver(await place.start(), fromSecond, reasons.fileChanged.text);
    });
  });

  describe('the program', () => {
    test('is replaced', async ({ skip }) => {
      if (asInterpreter) skip(ownCopy);
      rmSync(place.program);
      copyFileSync('/bin/echo', place.program);
      expectHandOver(await place.start(), '\n');
    });

    test('is removed', async ({ skip }) => {
      if (asInterpreter) skip(ownCopy);
      rmSync(place.program);
      const outcome = await place.start({ env: environment });
      expect(outcome).toMatchObject({ stdout: '', status: 127, signal: null });
      expect(outcome.stderr).toMatch(/^linkonce: [^\n]+\n$/);
    });
  });

  describe('the environment', () => {
    const variables = {
      LD_BIND_NOW: '1',
      LD_LIBRARY_PATH: '/nowhere',
      LD_PRELOAD: '',
      LD_DEBUG: '',
      GLIBC_TUNABLES: 'glibc.malloc.perturb=1',
      MALLOC_ARENA_MAX: '1',
    };
    test.each(Object.entries(variables))('has %s=%s', async (name, value) => {
      expectHandOver(await place.start({ env: { ...debugging, [name]: value } }), usual);
    });

    test('has an LD_PRELOAD with other code', async () => {
      const preload = path.join(place.folder, 'preload.so');
      compileLibrary(preload, 'preload');
      expectHandOver(
        await place.start({ env: { ...debugging, LD_PRELOAD: preload } }),
        'library from preload\n',
      );
    });

    test('has an LD_LIBRARY_PATH with other code', async () => {
      const folder = path.join(place.folder, 'elsewhere');
      mkdirSync(folder);
      compileLibrary(path.join(folder, 'liborder.so'), 'elsewhere');
      // RUNPATH comes after LD_LIBRARY_PATH.
      expectHandOver(
        await place.start({ env: { ...debugging, LD_LIBRARY_PATH: folder } }),
        'library from elsewhere\n',
      );
    });

    test('is empty', async () => {
      expectImage(await place.start({ env: {} }), usual);
    });

    test('asks for no reasons', async () => {
      const outcome = await place.start({ env: { ...environment, LD_BIND_NOW: '1' } });
      expect(outcome).toEqual({ stdout: usual, stderr: '', status: 0, signal: null });
    });
  });

  describe('the process', () => {
    const inShell = (command: string) =>
      runInShell(`${command}; exec "$0" "$@"`, place.launcher, [], { env: debugging });

    test('has another stack limit', async () => {
      expectImage(await inShell('ulimit -s 16000'), usual);
    });

    test('has no stack limit: the address space is laid out from below', async () => {
      expectImage(await inShell('ulimit -s unlimited'), usual);
    });

    test('has few descriptors left', async () => {
      expectImage(await inShell('ulimit -n 4'), usual);
    });

    test('has no standard input or error stream', async () => {
      const outcome = await runInShell('exec "$0" <&- 2>&-', place.launcher, [], { env: environment });
      expect(outcome).toMatchObject({ stdout: usual, status: 0, signal: null });
    });

    test('has addresses without randomness', async ({ skip }) => {
      const outcome = await runInShell('exec setarch -R "$0"', place.launcher, [], { env: debugging });
      if (/setarch.*(not found|not permitted)/.test(outcome.stderr)) skip('setarch -R is not permitted here');
      expectImage(outcome, usual);
    });

    test('has raised privileges', async ({ skip }) => {
      if (!isRoot) skip(onlyRoot);
      // Without libraries in $ORIGIN, which ld.so does not search for such a process.
      const simple = await createWorkplace({ asInterpreter, name: 'pointer-table' });
      const { stdout } = await simple.stock();
      for (const file of [simple.folder, ...simple.files]) chmodSync(file, statSync(file).mode | 0o055);
      chownSync(simple.launcher, 65534, 65534);
      chmodSync(simple.launcher, 0o4755);
      expectHandOver(await simple.start(), stdout);
      simple.remove();
    });
  });

  describe('the image', () => {
    const image = (): string =>
      place.files.reduce((large, file) => (sizeOf(file) > sizeOf(large) ? file : large));

    test('is missing', async () => {
      rmSync(image());
      expectHandOver(await place.start(), usual);
    });

    test('is a directory', async () => {
      const file = image();
      rmSync(file);
      mkdirSync(file);
      expectHandOver(await place.start(), usual, 'the image is truncated');
    });

    test.each([0o666, 0o660])('has mode %o', async (mode) => {
      chmodSync(image(), mode);
      expectHandOver(await place.start(), usual);
    });

    test('belongs to another user', async ({ skip }) => {
      if (!isRoot) skip(onlyRoot);
      chownSync(image(), 12345, 12345);
      expectHandOver(await place.start(), usual);
    });

    test('cannot be read', async ({ skip }) => {
      if (isRoot) skip('root reads everything');
      chmodSync(image(), 0);
      expectHandOver(await place.start(), usual);
    });

    test.each([0, 1, 8, 100, 4095, 4096, 8192, -4096, -1])('is truncated to %i bytes', async (length) => {
      truncateSync(image(), length < 0 ? sizeOf(image()) + length : length);
      expectHandOver(await place.start(), usual);
    });

    test('is damaged in its tables', async () => {
      for (const offset of spread(tablesEnd(image()) - planOffset, 48))
        await withDamage(image(), planOffset + offset, expectStart);
    });

    describe('has a range that is taken', () => {
      const startWithoutRandomness = () =>
        runInShell('exec setarch -R "$0"', place.launcher, [], { env: debugging });
      const loader = (): string => [place.launcher, ...place.files].find(hasTrailer)!;

      test("the plan's", async () => {
        occupyPlan(loader());
        expectHandOver(await startWithoutRandomness(), usual);
      });

      test('any step of it', async () => {
        const original = [loader(), image()].map((file) => [file, readFileSync(file)] as const);
        const steps = stepsOnFreeRanges(image());
        expect(steps).not.toHaveLength(0);
        for (const index of steps) {
          occupyStep(loader(), image(), index);
          expectHandOver(await startWithoutRandomness(), usual);
          for (const [file, bytes] of original) writeFileSync(file, bytes, { flag: 'r+' });
        }
      });
    });

    test('is that of another bind', async () => {
      const second = await createWorkplace({ asInterpreter, name });
      const theirs = second.files.reduce((large, file) => (sizeOf(file) > sizeOf(large) ? file : large));
      copyFileSync(theirs, image());
      expectHandOver(await place.start(), usual);
      second.remove();
    });

    async function expectStart(): Promise<void> {
      expectHandOver(await place.start(), usual);
    }
  });

  describe('the launcher', () => {
    test('is moved', async () => {
      const elsewhere = path.join(place.folder, 'elsewhere');
      renameSync(place.launcher, elsewhere);
      expectImage(await runInShell('exec "$0"', elsewhere, [], { env: debugging }), usual);
    });

    test('is started through a link and by PATH', async () => {
      execFileSync('ln', ['-s', place.launcher, path.join(place.folder, 'linked')]);
      const env = { ...debugging, PATH: `${place.folder}:${environment.PATH ?? ''}` };
      expectImage(await runInShell('exec linked', place.launcher, [], { env }), usual);
    });
  });
});

function sizeOf(file: string): number {
  return statSync(file).size;
}

/** Offsets all over a range, the first and the last among them. */
function spread(length: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => Math.floor((index * (length - 1)) / (count - 1)));
}

/** Inverts one byte for the time of `work`. */
async function withDamage(file: string, offset: number, work: () => Promise<void>): Promise<void> {
  const original = readFileSync(file);
  const damaged = Buffer.from(original);
  damaged.writeUInt8((damaged[offset] ?? 0) ^ 0xff, offset);
  writeFileSync(file, damaged, { flag: 'r+' });
  try {
    await work();
  } finally {
    writeFileSync(file, original, { flag: 'r+' });
  }
}

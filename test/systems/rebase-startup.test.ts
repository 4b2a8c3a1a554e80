/** rebase-startup where it matters: modules want ranges that are taken, or every process draws a slide. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readPlan } from '../../src/image/verify-image.ts';
import { slideUnit } from '../../src/image/plan-layout.ts';
import { environment, missing, testProgram } from '../programs/build.ts';
import { runInShell, runProgram } from '../run-program.ts';
import { atHandoff, predictPages } from './moved-process.ts';
import type { PlacedProgram, Wish } from './placed-program.ts';
import { atOnePlace, placeInWindow, placeProgram } from './placed-program.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'linkonce-rebase-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const debugging = { ...environment, LINKONCE_DEBUG: '1' };
const output = (...parts: readonly string[]): string => path.join(folder, parts.join('-'));

/** In interpreter mode the program sees the path of its copy. */
async function expectAsStock(name: string, file: string): Promise<void> {
  const { path: program, args, input } = testProgram(name);
  const stock = await runProgram(program, args, { env: debugging, input });
  const { stdout, ...seen } = await runProgram(file, args, { env: debugging, input });
  expect({ ...seen, stdout: stdout.replaceAll(file, program) }).toEqual(stock);
}

/** With exceptions, look-ups by address, plug-ins, thread-local memory, the vdso, fixed addresses, written code. */
const names = [
  ...['exceptions', 'cancel', 'dl-iterate-phdr', 'plugin', 'tls-models', 'vdso', 'ifunc', 'link-map'],
  ...['copy-relocation', 'text-relocation', 'pointer-table-huge-pages', 'protections', 'registrations'],
  ...['musl-dl-iterate-phdr', 'musl-threads'],
].filter((name) => !missing.some((each) => each.name === name));

describe('where all modules want one place', () => {
  describe.each(['launcher', 'interpreter'])('as %s', (mode) => {
    test.each(names)('%s behaves as under the platform’s linker', async (name) => {
      const file = path.join(folder, mode, name);
      mkdirSync(path.dirname(file), { recursive: true });
      const form = { variant: 'collision', asInterpreter: mode === 'interpreter', output: file } as const;
      await expectAsStock(name, (await placeProgram(testProgram(name).path, atOnePlace, form)).file);
    });
  });

  test.each(names)(
    'in %s all but one module moved, and the pages that provenance predicts are private',
    async (name) => {
      const form = { variant: 'collision', asInterpreter: false, output: output(name) } as const;
      const placed = await placeProgram(testProgram(name).path, atOnePlace, form);
      const process = atHandoff(placed);
      const movable = process.plan.rows('regions').filter(({ alignment }) => alignment !== 0n);
      expect(process.shifts.filter((shift) => shift !== 0)).toHaveLength(movable.length - 1);
      expect(process.own).toEqual(predictPages(placed.explained, process));
      expect(process.maps.filter(({ protection }) => (protection & 6) === 6)).toEqual([]);
    },
  );

  test('damaged fix-ups hand over', async () => {
    const form = { variant: 'collision', asInterpreter: false, output: output('damaged') } as const;
    const { file, image } = await placeProgram(testProgram('cancel').path, atOnePlace, form);
    const bytes = readFileSync(image);
    const at = Number(readPlan(image).header.fixes_offset) + 5;
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(image, bytes, { flag: 'r+' });
    const stock = await runProgram(testProgram('cancel').path, [], { env: debugging });
    const { stderr, ...seen } = await runProgram(file, [], { env: debugging });
    expect({ ...seen, stderr: '' }).toEqual(stock);
    expect(stderr).toMatch(/handed over.*fix-ups are damaged/);
  });
});

describe('in a window that is too small', () => {
  test.each([
    ['exceptions', 22],
    ['iostream', 22],
  ])('%s', async (name, window) => {
    const placed = await placeInWindow(testProgram(name).path, window, output(name, 'window'));
    expectPrediction(placed);
    await expectAsStock(name, placed.file);
  });

  test('gdalinfo, which has many modules', async ({ skip }) => {
    const program = '/usr/bin/gdalinfo';
    if (!existsSync(program)) skip('gdalinfo is not installed');
    const placed = await placeInWindow(program, 26, output('gdalinfo'));
    expectPrediction(placed);
    for (const args of [['--version'], ['--formats'], ['/no/such/file']])
      expect(await runProgram(placed.file, args, { env: debugging })).toEqual(
        await runProgram(program, args, { env: debugging }),
      );
  });
});

/** Some modules want addresses of others, and of each such pair at least one moved. */
function expectPrediction(placed: PlacedProgram): void {
  const process = atHandoff(placed);
  expect(overlaps(placed.image)).toBeGreaterThan(0);
  expect(process.shifts.filter((shift) => shift !== 0)).not.toHaveLength(0);
  expect(process.own).toEqual(predictPages(placed.explained, process));
}

/** Pairs of neighbouring modules that want the same addresses. */
function overlaps(image: string): number {
  const regions = readPlan(image)
    .rows('regions')
    .filter(({ alignment }) => alignment !== 0n)
    .map(({ address, length }) => ({ start: Number(address), end: Number(address) + Number(length) }))
    .sort((a, b) => a.start - b.start);
  return regions.filter(({ end }, index) => end > (regions[index + 1]?.start ?? Infinity)).length;
}

describe('where the kernel has put something', () => {
  /** Without randomness the main thread's stack ends here. */
  const stackEnd = 0x7fff_ffff_f000;
  const inStack: Wish = (name, size, base) =>
    name.startsWith('libc.') ? stackEnd - size : base + 0x1000_0000 * (1 + name.length);
  /** Without randomness there is no gap on the stack: argv[0] needs the room of the program's path. */
  const longer = (program: string, name: string): string => output(name, 'x'.repeat(program.length));
  const withoutRandomness = (file: string) =>
    runInShell('exec setarch -R "$0"', file, [], { env: debugging });

  test.each([false, true])('the module moves (interpreter: %s)', async (asInterpreter) => {
    const program = testProgram('cancel').path;
    const form = {
      variant: 'collision',
      asInterpreter,
      output: longer(program, String(asInterpreter)),
    } as const;
    const stock = await runProgram(program, [], { env: debugging });
    expect(await withoutRandomness((await placeProgram(program, inStack, form)).file)).toEqual(stock);
  });

  test('a system whose modules stay hands over', async () => {
    const form = {
      variant: 'collision',
      asInterpreter: false,
      output: longer(testProgram('cancel').path, 'stays'),
    } as const;
    const { file } = await placeProgram(testProgram('cancel').path, inStack, {
      ...form,
      onCollision: 'hand-over',
    });
    expect((await withoutRandomness(file)).stderr).toMatch(
      /libc.* wants .* is\n.*handed over.*a range is taken/,
    );
  });
});

describe('slide', () => {
  test.each(names)('%s: every process has other addresses, and every reference is fixed', async (name) => {
    const form = { variant: 'slide', asInterpreter: false, output: output(name, 'slide') } as const;
    // Modules beside each other, so that nothing but the slide moves them.
    let next = 0;
    const apart: Wish = (_name, _size, base) => base + (next += 0x1000_0000);
    const placed = await placeProgram(testProgram(name).path, apart, form);
    const processes = [1, 2].map(() => atHandoff(placed, { slides: true }));
    for (const process of processes) expect(process.own).toEqual(predictPages(placed.explained, process));
    const slides = processes.map(({ shifts }) => [...new Set(shifts.filter((shift) => shift !== 0))]);
    expect(slides.map((each) => each.length)).toEqual([1, 1]);
    expect(slides.flat().map((slide) => slide % slideUnit)).toEqual([0, 0]);
    expect(slides[0]).not.toEqual(slides[1]);
    await expectAsStock(name, placed.file);
  });
});

/** A word that nothing explains refuses the program; a relocation that disagrees stops the bind. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import type { Capture, Captures, CapturedRegion } from '../../src/capture/capture.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import { R_X86_64 as R } from '../../src/machine/relocations.ts';
import { clockWords } from '../../src/provenance/clock-words.ts';
import { pageWords, regionPages } from '../../src/provenance/region-pages.ts';
import { createExplainer } from '../../src/provenance/sources.ts';
import { LinkonceError, Refusal } from '../../src/util/errors.ts';
import { testProgram } from '../programs/build.ts';

const captures = captureProgram(loadProgram(testProgram('threads').path));

/** The capture with one word of a module changed. */
function withWord(capture: Capture, path: string, vaddr: number, value: bigint): Capture {
  const regions = capture.regions.map((region): CapturedRegion => {
    if (region.module?.path !== path) return region;
    const address = region.loadBias + vaddr;
    const written = region.written.map((run) => {
      if (address < run.start || address >= run.start + run.bytes.length) return run;
      const bytes = Buffer.alloc(run.bytes.length);
      run.bytes.copy(bytes);
      bytes.writeBigUInt64LE(value, address - run.start);
      return { ...run, bytes };
    });
    return { ...region, written };
  });
  return { ...capture, regions };
}

function relocated(type: number): { path: string; vaddr: number } {
  const module = captures.program.modules.find((each) => each.name === 'libc.so.6');
  const relocation = module?.elf.relocations.find((each) => each.type === type);
  if (!module || !relocation) throw new Error('libc has no such relocation');
  return { path: module.path, vaddr: relocation.address };
}

test('a word of unknown making is refused, with module, offset and both values', () => {
  const { path, vaddr } = relocated(R.RELATIVE);
  const changed: Captures = { ...captures, second: withWord(captures.second, path, vaddr, 0x1234_5678n) };
  expect(() => explainCaptures(changed)).toThrow(Refusal);
  expect(() => explainCaptures(changed)).toThrow(
    new RegExp(
      `libc\\.so\\.6 \\+ 0x${vaddr.toString(16)}: .* 0x[0-9a-f]+ in one capture, 0x12345678 in the other`,
    ),
  );
});

/** Words that the captures have in common, by module: data of its own, zero in both. */
const quietWords = captures.first.regions.flatMap((region, index) => {
  const other = captures.second.regions[index]!;
  const clocks = region.module === captures.program.interpreter ? clockWords(region.module.elf) : new Set();
  const [a, b] = [regionPages(region), regionPages(other)];
  const shift = other.start - region.start;
  return a.written.flatMap((page) => {
    const [one, two] = [pageWords(a.page(page)), pageWords(b.page(page + shift))];
    return Array.from(one.keys())
      .map((at) => ({ at, vaddr: page + at * 8 - region.loadBias, path: region.module?.path ?? '' }))
      .filter(({ at, vaddr, path }) => path !== '' && one[at] === 0n && two[at] === 0n && !clocks.has(vaddr));
  });
});

test('two small numbers are no time, in whichever module they stand', () => {
  const small = fc.bigInt({ min: 0n, max: 0xff_ffffn });
  const paths = [...new Set(quietWords.map(({ path }) => path))];
  expect(paths.length).toBeGreaterThanOrEqual(3);
  const quiet = fc
    .constantFrom(...paths)
    .chain((path) => fc.constantFrom(...quietWords.filter((w) => w.path === path)));
  fc.assert(
    fc.property(quiet, small, small, ({ path, vaddr }, a, b) => {
      fc.pre(
        a !== b && Number(a) !== captures.first.context.argc && Number(a) !== captures.first.context.threadId,
      );
      const changed: Captures = {
        ...captures,
        first: withWord(captures.first, path, vaddr, a),
        second: withWord(captures.second, path, vaddr, b),
      };
      expect(() => explainCaptures(changed)).toThrow(`+ 0x${vaddr.toString(16)}: its linker wrote a word`);
    }),
    { numRuns: 60 },
  );
});

test('what is asked of the kernel in one capture only is refused', () => {
  const question = { kind: 'absent', path: '/dev/shm/drawn-by-chance' } as const;
  const second = { ...captures.second, questions: [...captures.second.questions, question] };
  expect(() => explainCaptures({ ...captures, second })).toThrow(/what the linker asked: \/dev\/shm\/drawn/);
});

test('random bytes of which something else is kept are refused', () => {
  const drew = (capture: Capture, drawn: bigint): Capture => ({
    ...capture,
    context: { ...capture.context, drawn },
  });
  const changed = {
    ...captures,
    first: drew(captures.first, 0x1234n),
    second: drew(captures.second, 0x4321n),
  };
  expect(() => explainCaptures(changed)).toThrow('draws random bytes, and keeps something else');
});

test('ranges of another size in each capture are refused', () => {
  const grown = captures.second.regions.map((region) =>
    region.kind === 'anonymous' ? { ...region, end: region.end + 0x1000 } : region,
  );
  const changed = { ...captures, second: { ...captures.second, regions: grown } };
  expect(() => explainCaptures(changed)).toThrow('differ in the ranges');
});

test.each([
  ['R_X86_64_RELATIVE', R.RELATIVE],
  ['R_X86_64_GLOB_DAT', R.GLOB_DAT],
])('a captured word that contradicts its %s stops the bind', (name, type) => {
  const { path, vaddr } = relocated(type);
  const base = captures.first.regions.find((region) => region.module?.path === path)?.loadBias ?? 0;
  const other = captures.second.regions.find((region) => region.module?.path === path)?.loadBias ?? 0;
  const wrong: Captures = {
    ...captures,
    first: withWord(captures.first, path, vaddr, BigInt(base + 0x1000)),
    second: withWord(captures.second, path, vaddr, BigInt(other + 0x1000)),
    bound: undefined,
  };
  expect(() => explainCaptures(wrong)).toThrow(LinkonceError);
  expect(() => explainCaptures(wrong)).toThrow(`libc.so.6 + 0x${vaddr.toString(16)}: ${name}`);
});

test('a word that the linker drew is drawn anew in each process', () => {
  const drew = (capture: Capture, drawn: bigint | undefined): Capture => ({
    ...capture,
    context: { ...capture.context, drawn },
  });
  const [first, second] = [0x1234_5678_9abc_def0n, 0xfedc_ba98_7654_3210n];
  const explainer = createExplainer(drew(captures.first, first), drew(captures.second, second));
  const random = { kind: 'process', source: { kind: 'random' }, addend: 0, width: 8 };
  expect(explainer.explain(first, second)).toEqual(random);
  expect(explainer.explain(first, second + 1n)).toBeUndefined();
  const silent = createExplainer(drew(captures.first, undefined), drew(captures.second, undefined));
  expect(silent.explain(first, second)).toBeUndefined();
});

/** The program's file with an addend in each of its jump slots, as `ld -z mark-plt` writes them. */
function withAddends(file: string): Buffer {
  const { elf } = loadProgram(file).executable;
  const table = elf.dynamic?.entries.find(({ tag }) => tag === 23)?.value ?? 0n; // DT_JMPREL
  const slots = elf.relocations.filter((relocation) => relocation.table === 'jmprel');
  const load = elf.segments.find(
    (s) => s.type === 1 && Number(table) >= s.address && Number(table) < s.address + s.fileSize,
  );
  if (!load || slots.length === 0) throw new Error(`${file} has no jump slots`);
  const bytes = Buffer.from(elf.bytes);
  const start = Number(table) - load.address + load.offset;
  slots.forEach((_, index) => bytes.writeBigInt64LE(0x1000n, start + index * 24 + 16));
  return bytes;
}

test('the addend of a jump slot is no part of its value', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-addends-'));
  try {
    const file = path.join(directory, 'threads');
    writeFileSync(file, withAddends(testProgram('threads').path));
    chmodSync(file, 0o755);
    expect(explainCaptures(captureProgram(loadProgram(file))).slots.bound).toBeGreaterThan(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

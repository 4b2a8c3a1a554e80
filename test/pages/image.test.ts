/** Processes of an image: no page is private by the linker's work; the loader's words are those of the plan. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { captureProgram } from '../../src/capture/capture-program.ts';
import { plannedActions } from '../../src/image/actions.ts';
import { readPlan } from '../../src/image/verify-image.ts';
import { explainPages } from '../../src/pages/explain-pages.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import { image } from '../../src/systems/image/image-system.ts';
import { roundDown } from '../../src/util/units.ts';
import { compileDirty, directory, privatePagesByKernel, startDirty, writeBack } from './waiting-process.ts';
import { buildVariant, variantOf } from '../../src/systems/build-variant.ts';

describe.each([
  ['launcher', false, ['-pie', '-fPIE']],
  ['interpreter', true, ['-pie', '-fPIE']],
  ['launcher at fixed addresses', false, ['-no-pie', '-fno-pie']],
] as const)('%s', async (name, asInterpreter, flags) => {
  const file = compileDirty(`program-${name.replaceAll(' ', '-')}`, flags);
  const program = loadProgram(file);
  const explained = explainCaptures(captureProgram(program));
  const output = path.join(directory, name.replaceAll(' ', '-'));
  const subject = { program, explained: () => Promise.resolve(explained) };
  const folder = `${output}.files`;
  const request = { outputs: [output], folder, asInterpreter };
  await buildVariant(variantOf(image, 'single'), [subject], request);
  writeBack(`${output}.image`);
  const process = await startDirty(output);
  const report = explainPages(process.pid);
  const inImage = report.mappings
    .filter(({ area }) => area === 'image' || area === 'image bss')
    .flatMap(({ why }) => why);
  const count = (reasons: readonly string[]): number =>
    inImage.filter(({ reason }) => reasons.includes(reason)).reduce((sum, { pages }) => sum + pages, 0);

  test('the kernel counts as many private pages', () => {
    expect(report.privatePages).toBe(privatePagesByKernel(process.pid));
  });

  test('no page is the linker’s', () => {
    expect(report.mappings.some(({ area }) => area === 'module')).toBe(false);
    expect(report.totals.filter(({ reason }) => reason.startsWith('linker'))).toEqual([]);
  });

  test('pages with words of the process are those of the plan', () => {
    const plan = readPlan(`${output}.image`);
    const words = plan.rows('words').map((row) => Number(row.address));
    const rseq = plannedActions(plan, 'registerRseq').map(({ value }) => Number(value));
    const pages = new Set([...words, ...rseq].map((each) => roundDown(each)));
    expect(count(['process words', 'process words and program'])).toBe(pages.size);
    const counted = inImage.flatMap(({ words: each }) => Object.entries(each));
    const total = counted.filter(([kind]) => kind !== 'program' && kind !== 'rseq');
    expect(total.reduce((sum, [, words_]) => sum + words_, 0)).toBe(words.length);
  });

  test('each word that the program wrote into its data is the program’s, in its module', () => {
    const own = inImage.filter(({ module, reason }) => module === file && reason === 'program');
    const words = own.reduce((sum, each) => sum + (each.words.program ?? 0), 0);
    // Its data, its zero memory, the changed pointer; the rest is what lies beside them.
    expect(words).toBeGreaterThanOrEqual(5 + 7 + 1);
    expect(words).toBeLessThan(5 + 7 + 1 + 8);
    expect(inImage).toContainEqual({ reason: 'unchanged', pages: 1, words: {}, module: file });
  });

  test('pages of the C library are named', () => {
    const modules = new Set(inImage.map(({ module }) => module && path.basename(module)));
    expect(modules).toContain('libc.so.6');
  });
});

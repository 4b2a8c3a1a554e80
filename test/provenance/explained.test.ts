/**
 * Explained memory against the platform's own linker: laid out for the addresses of another capture it must be that
 * capture's memory, word for word, but for the words that are particular to a process.
 */
import { describe, expect, test } from 'vitest';
import { captureOnce } from '../../src/capture/capture-once.ts';
import { captureProgram } from '../../src/capture/capture-program.ts';
import type { Capture } from '../../src/capture/capture.ts';
import { spreadPlacement } from '../../src/capture/placement.ts';
import { smallStackLimit } from '../../src/capture/stack-limit.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { explainCaptures } from '../../src/provenance/explain-captures.ts';
import type { ExplainedCaptures } from '../../src/provenance/explained.ts';
import { materialize } from '../../src/provenance/materialize.ts';
import { originalPage, regionPages } from '../../src/provenance/region-pages.ts';
import { pageSize, roundDown } from '../../src/util/units.ts';
import { testProgram } from '../programs/build.ts';

const subjects = ['threads', 'tls-models', 'ifunc', 'copy-relocation', 'exceptions', 'unique', 'versions'];

describe.each(subjects)('%s', (name) => {
  const program = loadProgram(testProgram(name).path);
  const captures = captureProgram(program);
  const explained = explainCaptures(captures);

  test('its relocations agree with the captured words', () => {
    expect(explained.relocationsAgreed).toBeGreaterThan(100);
    expect(explained.references.count).toBeGreaterThan(1000);
  });

  test('laid out as the second capture it is the second capture', () => {
    expect(differences(explained, captures.second)).toEqual([]);
  });

  test('laid out as a third capture, which nothing was derived from, it is the third capture', () => {
    const third = captureOnce(program, {
      placement: spreadPlacement(program.modules),
      argv: ['third'],
      environment: { THIRD: 'yes' },
      stackLimit: smallStackLimit(program),
    });
    expect(differences(explained, third)).toEqual([]);
  });
});

/** Words that differ without a reason, as `region + offset`. */
function differences(explained: ExplainedCaptures, capture: Capture): string[] {
  const layout = capture.regions.map((region) => region.start);
  const moved = materialize(explained, layout);
  const excused = excusedWords(explained);
  return explained.regions.flatMap(({ region }, index) => {
    const other = capture.regions[index];
    const shift = (layout[index] ?? 0) - region.start;
    if (!other) return [`region ${String(index)} is missing`];
    const pages = regionPages(other);
    const addresses = new Set([...(moved[index]?.keys() ?? []), ...pages.written.map((a) => a - shift)]);
    return [...addresses].flatMap((address) => {
      const expected = pages.page(address + shift);
      const computed = moved[index]?.get(address) ?? originalPage(region, address);
      return wordDifferences(expected, computed)
        .map((offset) => address + offset)
        .filter((word) => !excused.has(word))
        .map((word) => `${other.module?.name ?? other.kind} + 0x${(word - region.start).toString(16)}`);
    });
  });
}

function wordDifferences(a: Buffer, b: Buffer): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset < pageSize; offset += 8)
    if (a.readBigUInt64LE(offset) !== b.readBigUInt64LE(offset)) offsets.push(offset);
  return offsets;
}

/** Process words, what the kernel writes, and slots that are bound in the image but lazy in the capture. */
function excusedWords(explained: ExplainedCaptures): Set<number> {
  const words = new Set(explained.processWords.map((word) => roundDown(word.address, 8)));
  const { rseq } = explained.captures.first.registrations;
  for (let offset = 0; offset < (rseq?.length ?? 0); offset += 8) words.add((rseq?.address ?? 0) + offset);
  for (const region of explained.captures.first.regions)
    for (const each of region.module?.elf.relocations ?? [])
      if (each.table === 'jmprel') words.add(region.loadBias + each.address);
  for (const { loadBias, module } of explained.captures.first.regions)
    for (const offset of [8, 16]) words.add(loadBias + (module?.elf.dynamic?.pltGot ?? 0) + offset);
  const stamps = explained.counts.reduce((sum, counts) => sum + counts['time-stamp'], 0);
  return withTimeStamps(explained, words, stamps);
}

/** The linker's statistics differ in every capture; there must be no more of them than were counted. */
function withTimeStamps(explained: ExplainedCaptures, words: Set<number>, count: number): Set<number> {
  const { first, second } = explained.captures;
  const known = new Set([...words, ...explained.references.addresses]);
  let found = 0;
  first.regions.forEach((region, index) => {
    const other = second.regions[index];
    if (!other || region.module !== explained.program.interpreter) return;
    const [a, b] = [regionPages(region), regionPages(other)];
    for (const page of a.written)
      for (const offset of wordDifferences(a.page(page), b.page(page + other.start - region.start)))
        if (!known.has(page + offset)) {
          found++;
          words.add(page + offset);
        }
  });
  expect(found).toBeLessThanOrEqual(count);
  return words;
}

/** Files from strangers: reading ends with an ElfError, or with sites that are in executable segments of the file. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCalls } from '../../src/calls/read-calls.ts';
import type { CallSite } from '../../src/calls/module-calls.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { decodeElf } from '../../src/elf/read-elf.ts';
import { ElfError } from '../../src/util/errors.ts';
import { compile, everything } from '../elf/fixture.ts';
import { changedBytes, changedWords } from '../elf/mutations.ts';

const runs = 1000;
const secondsEach = 2;

/** Reads, and checks what was read; whether there is a result. */
function check(bytes: Buffer): boolean {
  const start = performance.now();
  const found = attempt(() => {
    const elf = decodeElf(bytes, 'the-file');
    return { elf, ...readCalls(elf) };
  });
  expect(performance.now() - start).toBeLessThan(secondsEach * 1000);
  let end = 0;
  for (const site of found?.sites ?? []) {
    expect(isExecutable(found!.elf, site)).toBe(true);
    expect(site.address).toBeGreaterThanOrEqual(end);
    end = site.address + site.size;
  }
  return found !== undefined;
}

/** A property of bytes: whether there is a result does not matter. */
function checkSafely(bytes: Buffer): void {
  check(bytes);
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    return undefined;
  }
}

function isExecutable({ segments, bytes }: ElfFile, { address, size }: CallSite): boolean {
  return segments.some(
    (segment) =>
      segment.type === 1 &&
      (segment.flags & 1) !== 0 &&
      address >= segment.address &&
      address + size <= segment.address + segment.fileSize &&
      segment.offset + (address - segment.address) + size <= bytes.length,
  );
}

describe.each([
  ['PLT', ['-Wl,-z,lazy']],
  ['no PLT', ['-fno-plt', '-fcf-protection']],
])('%s', (name, flags) => {
  let good: Buffer;
  let elf: ElfFile;
  beforeAll(() => {
    good = readFileSync(compile(`hostile ${name}`, everything, '-shared', '-fPIC', '-s', ...flags));
    elf = decodeElf(good, 'the-file');
  });

  test('the file itself is read', () => {
    expect(check(good)).toBe(true);
    expect(readCalls(elf).sites.length).toBeGreaterThan(2);
  });

  test('changed words anywhere', () => {
    fc.assert(fc.property(changedWords(good), checkSafely), { numRuns: runs });
  });

  test('changed bytes in program headers, .eh_frame and code', () => {
    const parts = ['.eh_frame', '.text', '.plt', '.rela.dyn', '.rela.plt'].flatMap((section) => {
      const found = elf.sections.find((each) => each.name === section);
      return found ? [fc.nat(found.size - 1).map((at) => found.offset + at)] : [];
    });
    const place = fc.oneof(fc.nat(64 + 56 * 12), ...parts);
    fc.assert(fc.property(changedBytes(good, place), checkSafely), { numRuns: runs });
  });

  test('random code', () => {
    const text = elf.sections.find((section) => section.name === '.text')!;
    const property = fc.property(fc.uint8Array({ minLength: text.size, maxLength: text.size }), (random) => {
      const bytes = Buffer.from(good);
      bytes.set(random, text.offset);
      expect(check(bytes)).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('shortened files', () => {
    fc.assert(
      fc.property(fc.nat(good.length), (length) => {
        check(good.subarray(0, length));
      }),
      { numRuns: 300 },
    );
  });
});

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      expect(check(Buffer.from(bytes))).toBe(false);
    }),
  );
});

/** Files from strangers: whatever their bytes, reading ends with a value or an ElfError, and soon. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { inspectJson } from '../../src/cli/inspect-json.ts';
import type { ElfFile } from '../../src/elf/elf-file.ts';
import { decodeElf } from '../../src/elf/read-elf.ts';
import { symbolName } from '../../src/elf/symbol-name.ts';
import { ElfError } from '../../src/util/errors.ts';
import { compile, everything } from './fixture.ts';
import { changedBytes, changedWords } from './mutations.ts';

const runs = 1500;
const secondsEach = 2;
const names = ['exported', 'puts', 'no such symbol'].map(symbolName);

/** Asks for everything that a file has, each part by itself: a fault in one must not hide the others. */
function readAll(bytes: Buffer): void {
  const elf = attempt(() => decodeElf(bytes, 'the-file'));
  if (elf === undefined) return;
  const parts: ((from: ElfFile) => unknown)[] = [
    ({ sections }) => sections,
    ({ relocations }) => relocations,
    ({ plt }) => plt,
    ({ functionRanges }) => functionRanges,
    ({ symbols }) => names.map((name) => symbols.find(name, () => false)),
    ({ symbols }) => Array.from({ length: symbols.count }, (_, i) => attempt(() => symbols.at(i))),
    inspectJson,
  ];
  for (const part of parts) attempt(() => part(elf));
}

/** What `action` returns; undefined where it throws an ElfError that says where. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    expect(error.message.startsWith('the-file: ')).toBe(true);
    expect(error.where).not.toBe('');
    return undefined;
  }
}

function readAllSoon(bytes: Buffer): void {
  const start = performance.now();
  readAll(bytes);
  expect(performance.now() - start).toBeLessThan(secondsEach * 1000);
}

describe.each([
  ['GNU hash, RELR', ['-fcf-protection', '-Wl,-z,ibtplt,-z,pack-relative-relocs,-z,lazy']],
  ['SysV hash', ['-Wl,--hash-style=sysv']],
])('%s', (name, flags) => {
  let good: Buffer;
  beforeAll(() => {
    good = readFileSync(compile(`malformed ${name}`, everything, '-shared', '-fPIC', '-s', ...flags));
  });

  /** A place in the file: the tables are in the first part and, with the sections, in the last. */
  const place = () => fc.oneof(fc.nat(64 + 56 * 12), fc.nat(0x1000), fc.nat(good.length - 1));
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));

  test('the file itself is read', () => {
    expect(() => inspectJson(decodeElf(good, 'the-file'))).not.toThrow();
  });

  test('changed bytes', () => {
    fc.assert(fc.property(changedBytes(good, place(), byte), readAllSoon), { numRuns: runs });
  });

  test('changed words', () => {
    fc.assert(fc.property(changedWords(good), readAllSoon), { numRuns: runs });
  });

  test('shortened files', () => {
    fc.assert(
      fc.property(place(), (length) => readAllSoon(good.subarray(0, length))),
      { numRuns: runs },
    );
  });
});

/** Where a linker keeps its times: its own code says it, and no other word of its is one. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readElf } from '../../src/elf/read-elf.ts';
import { clockWords } from '../../src/provenance/clock-words.ts';
import { testProgram } from '../programs/build.ts';

const glibc = readElf(testProgram('threads').path).interpreter ?? '';

test("glibc's are few, in data that it writes", () => {
  const elf = readElf(glibc);
  const data = elf.segments.filter(({ type, flags }) => type === 1 && (flags & 2) !== 0);
  const words = [...clockWords(elf)].filter((word) =>
    data.some(({ address, memorySize }) => word >= address && word < address + memorySize),
  );
  expect(words.length).toBeGreaterThanOrEqual(3);
  expect(words.length).toBeLessThan(16);
});

test('musl has none', ({ skip }) => {
  const musl = '/lib/ld-musl-x86_64.so.1';
  if (!existsSync(musl)) skip('musl is not installed');
  expect(clockWords(readElf(musl)).size).toBe(0);
});

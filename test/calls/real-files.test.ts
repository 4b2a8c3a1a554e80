/** Files of this machine: every call site as objdump has it. `scripts/check-calls.mjs` does many more. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import { compareCalls } from './judge.ts';

const programs = ['git', 'perl', 'python3', 'curl', 'sqlite3'].map((name) => `/usr/bin/${name}`);
const present = programs.filter(existsSync);
const files = [
  ...new Set(present.flatMap((program) => loadProgram(program).modules.map(({ path }) => path))),
];

test.skipIf(present.length === programs.length)('programs that are not installed are not compared', () => {
  expect(present.length).toBeGreaterThan(0);
});

describe('no difference', () => {
  test.each(files)('%s', (file) => {
    const { differences, left } = compareCalls(file);
    expect(differences).toEqual([]);
    expect(left.undecodable).toBe(0);
  });
});

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

for (const program of programs.filter((each) => !present.includes(each)))
  test(program, ({ skip }) => skip(`${program} is not installed`));

describe('no difference', () => {
  test.each(files)('%s', (file) => {
    const { differences, left } = compareCalls(file);
    expect(differences).toEqual([]);
    expect(left.undecodable).toBe(0);
  });
});

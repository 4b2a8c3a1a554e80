/** Programs of this machine: closure and every binding as ld.so has them. `scripts/check-program.mjs` does many more. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import { createResolver } from '../../src/program/resolver.ts';
import { referenceKind } from '../../src/program/reference-kind.ts';
import { compareWithLinker } from './judge.ts';

/** From 3 to more than 100 modules, C and C++, with RUNPATH, with unique symbols of another version (apt). */
const programs = [
  'ls',
  'bash',
  'git',
  'perl',
  'python3.11',
  'sqlite3',
  'curl',
  'gpg',
  'apt',
  'gdb',
  'cmake',
  'gdalinfo',
];

const present = programs.filter((name) => existsSync(`/usr/bin/${name}`));

test.each(present)('%s', (name) => {
  const { modules, bindings, differences } = compareWithLinker(loadProgram(`/usr/bin/${name}`), [
    '--version',
  ]);
  expect(modules).toBeGreaterThan(2);
  expect(bindings).toBeGreaterThan(100);
  expect(differences).toEqual([]);
});

describe('answers', () => {
  const program = loadProgram('/bin/sh');
  const references = program.modules.flatMap((module) =>
    module.elf.relocations
      .filter(({ symbol }) => symbol !== 0)
      .map(({ symbol, type }) => ({ module, symbol, kind: referenceKind(type) })),
  );

  test('do not depend on the order of the questions', () => {
    const [forwards, backwards] = [createResolver(program), createResolver(program)];
    const answers = references.map(({ module, symbol, kind }) => forwards.resolve(module, symbol, kind));
    const reversed = references
      .toReversed()
      .map(({ module, symbol, kind }) => backwards.resolve(module, symbol, kind));
    expect(reversed.reverse()).toEqual(answers);
  });

  test('come with defined symbols, or the stand-in of a function', () => {
    const resolver = createResolver(program);
    for (const { module, symbol, kind } of references) {
      const found = resolver.resolve(module, symbol, kind);
      if (found) expect(found.symbol.sectionIndex !== 0 || found.symbol.value !== 0).toBe(true);
    }
  });
});

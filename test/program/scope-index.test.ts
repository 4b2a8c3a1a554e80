/** The index of a scope against a walk through all of its modules, on programs of this machine. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { symbolName } from '../../src/elf/symbol-name.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import type { ScopeEntry } from '../../src/program/lookup.ts';
import { globalScope } from '../../src/program/lookup.ts';
import type { Program } from '../../src/program/program.ts';
import { indexScope } from '../../src/program/scope-index.ts';

const programs = ['/bin/sh', '/usr/bin/git', '/usr/bin/gdb', '/usr/bin/perl'].filter((file) =>
  existsSync(file),
);

/** All names that its relocations refer to, and some that nobody has. */
function namesOf({ modules }: Program): Set<string> {
  const names = modules.flatMap(({ elf }) =>
    elf.relocations.flatMap(({ symbol }) => (symbol === 0 ? [] : [elf.symbols.at(symbol).name])),
  );
  return new Set([...names, ...names.map((name) => `${name}_nobody`), '']);
}

/** Those whose own table leads to the name. */
function having(scope: readonly ScopeEntry[], text: string): ScopeEntry[] {
  return scope.filter(({ symbols }) => symbols.find(symbolName(text), () => true) !== 0);
}

function inOrder(entries: readonly ScopeEntry[], some: readonly ScopeEntry[]): ScopeEntry[] {
  return entries.filter((entry) => some.includes(entry));
}

describe.each(programs)('%s', (file) => {
  const program = loadProgram(file);
  const scope = globalScope(program);

  function expectAll(entries: readonly ScopeEntry[]): void {
    const index = indexScope(entries);
    const names = [...namesOf(program)];
    const wrong = names.filter((text) => {
      const found = index(symbolName(text));
      const missing = having(entries, text).some((entry) => !found.includes(entry));
      return missing || found.some((entry, at) => entry !== inOrder(entries, found)[at]);
    });
    expect(wrong).toEqual([]);
    expect(names.filter((text) => index(symbolName(text)).length > 0).length).toBeGreaterThan(50);
  }

  test('nobody who has a name is missing, and the order is the scope’s', () => {
    expectAll(scope);
  });

  test('a module without such hashes may have every name', () => {
    const mixed = scope.map(({ module, symbols }, position) => {
      const { hashes, ...rest } = symbols;
      return { module, symbols: position % 2 === 1 || !hashes ? rest : { ...rest, hashes } };
    });
    expectAll(mixed);
    expect(indexScope(mixed)(symbolName('nobody has this')).length).toBeLessThanOrEqual(scope.length);
  });

  test('few are asked that have not the name', () => {
    const index = indexScope(scope);
    const names = [...namesOf(program)].map(symbolName);
    const inVain = names.flatMap((name) =>
      index(name).filter((entry) => having([entry], name.text).length === 0),
    );
    // An undefined symbol stands in no such table; a definition that is none, as one of a version, does.
    expect(inVain.length).toBeLessThan(names.length / 10);
  });
});

test('an empty scope has nothing', () => {
  expect(indexScope([])(symbolName('main'))).toEqual([]);
});

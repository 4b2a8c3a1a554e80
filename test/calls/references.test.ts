/** Cross-references of a program whose every one is known, and of a real one as ld.so binds it. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCalls } from '../../src/calls/read-calls.ts';
import { crossReferencePairs, crossReferences } from '../../src/calls/references.ts';
import { referenceKind } from '../../src/program/reference-kind.ts';
import { createResolver } from '../../src/program/resolver.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Program } from '../../src/program/program.ts';
import { workshop } from '../program/workshop.ts';

const shop = workshop();

const library = `
int called(int x) { return x + 1; }
int taken(int x) { return x + 2; }
int both(int x) { return x + 3; }
int variable = 5;
__thread int local = 6;
`;

const main = `
int called(int), taken(int), both(int);
extern int variable;
extern __thread int local;
int (*table[])(int) = { taken, taken };
static int (*volatile kept)(int);
int main(int count, char **arguments) {
  kept = both;
  int x = called(count) + called(count + 1);
  return called(x) + both(x) + table[count & 1](x) + variable + local;
}
`;

/** What the executable uses of the library: `kind symbol count`. */
function uses(name: string, ...flags: string[]): string[] {
  const used = shop.library(`lib${name}.so`, library, `-Wl,-soname,lib${name}.so`);
  const program = loadProgram(shop.program(name, main, '-O2', ...flags, used, '-Wl,-rpath,$ORIGIN'));
  return crossReferences(program)
    .filter(({ from, to }) => from === program.executable && to.name === `lib${name}.so`)
    .map(({ kind, symbol, count }) => `${kind} ${symbol.name} ${count}`)
    .sort();
}

describe('each kind', () => {
  test('with a PLT', () => {
    expect(uses('plt', '-fPIE', '-pie')).toEqual([
      ...[
        'address both 1',
        'address taken 2',
        'call both 1',
        'call called 3',
        'data local 1',
        'data variable 1',
      ],
    ]);
  });

  test('without: whether an address is taken besides is not known', () => {
    expect(uses('no-plt', '-fPIE', '-pie', '-fno-plt')).toEqual([
      ...['address taken 2', 'data local 1', 'data variable 1', 'slot-call both 1', 'slot-call called 3'],
    ]);
  });

  test('at fixed addresses: a copy; code takes the address of the executable’s own PLT slot', () => {
    expect(uses('fixed', '-fno-pie', '-no-pie')).toEqual([
      ...['address taken 2', 'call both 1', 'call called 3', 'data local 1', 'data variable 1'],
    ]);
  });
});

describe.each(['/usr/bin/git', '/usr/bin/perl'].filter(existsSync))('%s', (file) => {
  const program = loadProgram(file);
  const references = crossReferences(program);

  test('has those symbols of other modules that its relocations lead to, and no others', () => {
    const ours = references.map(({ from, to, symbol }) => `${from.path} ${to.path} ${symbol.name}`);
    expect([...new Set(ours)].sort()).toEqual([...bindings(program)].sort());
  });

  test('has all call sites', () => {
    const counted = references
      .filter(({ kind }) => kind === 'call' || kind === 'slot-call')
      .reduce((sum, { count }) => sum + count, 0);
    const resolver = createResolver(program);
    const sites = program.modules.flatMap((module) => {
      const { slots, sites: own } = readCalls(module.elf);
      return own.filter(({ slot }) => {
        const index = slots.get(slot)!;
        const target = index === 0 ? undefined : resolver.resolve(module, index, 'plt');
        return target !== undefined && target.module !== module;
      });
    });
    expect(counted).toBe(sites.length);
  });

  test('pairs have the same sums, the largest first', () => {
    const pairs = crossReferencePairs(references);
    const sum = (list: readonly { readonly count: number }[]): number =>
      list.reduce((total, { count }) => total + count, 0);
    expect(sum(pairs)).toBe(sum(references));
    expect(pairs.map(({ count }) => count)).toEqual(
      pairs.map(({ count }) => count).toSorted((a, b) => b - a),
    );
  });
});

function bindings(program: Program): Set<string> {
  const resolver = createResolver(program);
  const found = new Set<string>();
  for (const module of program.modules)
    for (const { symbol, type } of module.elf.relocations) {
      const target = symbol === 0 ? undefined : resolver.resolve(module, symbol, referenceKind(type));
      if (target && target.module !== module)
        found.add(`${module.path} ${target.module.path} ${module.elf.symbols.at(symbol).name}`);
    }
  return found;
}

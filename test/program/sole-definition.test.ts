/** Symbols that mean the same whatever a program opens: every rule on modules made for it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { STV } from '../../src/elf/constants.ts';
import type { ElfSymbol } from '../../src/elf/elf-file.ts';
import type { ReferenceKind } from '../../src/program/definition.ts';
import type { Module } from '../../src/program/program.ts';
import { readModule } from '../../src/program/read-module.ts';
import { soleDefinitions } from '../../src/program/sole-definition.ts';
import { present } from '../../src/util/present.ts';
import { calling, returning, workshop } from './workshop.ts';

const shop = workshop();

function library(name: string, source: string, ...flags: readonly string[]): Module {
  return readModule(shop.library(`${name}.so`, source, '-nostdlib', ...flags));
}

/** The option that gives a library these versions. */
function versions(name: string, script: string): string {
  const file = path.join(shop.directory, `${name}.map`);
  writeFileSync(file, script);
  return `-Wl,--version-script=${file}`;
}

function symbolOf({ elf: { symbols } }: Module, name: string): ElfSymbol {
  const all = Array.from({ length: symbols.count }, (_, index) => symbols.at(index));
  return present(
    all.find((symbol) => symbol.name === name),
    name,
  );
}

/** Where a reference of the first of the modules leads: the module's name, and its version; or `none`, `unsure`. */
function leads(
  [from, ...others]: readonly [Module, ...Module[]],
  name: string,
  kind: ReferenceKind = 'data',
  change: Partial<ElfSymbol> = {},
): string {
  const found = soleDefinitions([from, ...others])(from, { ...symbolOf(from, name), ...change }, kind);
  if (typeof found === 'string') return found;
  return [found.module.name, found.symbol.version?.name].filter((each) => each !== undefined).join(' ');
}

const user = library('user', calling('f').replace('main', 'user'));
const one = library('one', returning('f', 1));
const two = library('two', returning('f', 2));
const weakly = library('weakly', '__attribute__((weak)) int f(void) { return 3; }');
const nothing = library('nothing', returning('g'));

describe.each(['plt', 'data'] as const)('%s: a name that', (kind) => {
  test('one module defines leads there', () => {
    expect(leads([user, nothing, one], 'f', kind)).toBe('one.so');
  });

  test('one module defines weakly leads there', () => {
    expect(leads([user, weakly], 'f', kind)).toBe('weakly.so');
  });

  test('several define is not certain, in whatever order and however', () => {
    for (const modules of [
      [one, two],
      [two, one],
      [one, weakly],
      [weakly, nothing, one],
    ])
      expect(leads([user, ...modules], 'f', kind)).toBe('unsure');
  });

  test('the module itself and another define is not certain', () => {
    expect(leads([one, two], 'f', kind)).toBe('unsure');
    expect(leads([one, nothing], 'f', kind)).toBe('one.so');
  });

  test('nobody defines leads nowhere if it is weak, and is not certain otherwise', () => {
    const weak = library('weak', 'extern int f(void) __attribute__((weak)); int (*p)(void) = f;');
    expect(leads([weak, nothing], 'f', kind)).toBe('none');
    expect(leads([weak, one], 'f', kind)).toBe('one.so');
    expect(leads([user, nothing], 'f', kind)).toBe('unsure');
  });

  test('a module defines that has DT_HASH only', () => {
    const older = library('older', returning('f'), '-Wl,--hash-style=sysv');
    expect(leads([user, older], 'f', kind)).toBe('older.so');
    expect(leads([user, older, one], 'f', kind)).toBe('unsure');
  });
});

describe('versions', () => {
  const source = (version: string) =>
    `int g(void) { return 1; } __asm__(".symver g,f@${version}"); int (*own)(void) = g;`;
  const first = library('first', source('ONE'), versions('first', 'ONE { f; }; TWO { } ONE;'));
  const second = library('second', source('@TWO'), versions('second', 'ONE { }; TWO { f; } ONE;'));
  const asking = (name: string, version: string, to: Module): Module =>
    library(name, `__asm__(".symver f,f@${version}"); int f(void); int (*p)(void) = f;`, to.path);
  const ofOne = asking('of-one', 'ONE', first);
  const ofTwo = asking('of-two', 'TWO', second);

  test('the one that is asked for is found', () => {
    expect(leads([ofOne, first], 'f')).toBe('first.so ONE');
    expect(leads([ofTwo, second], 'f')).toBe('second.so TWO');
  });

  test('another one of the only definition is not certain', () => {
    expect(leads([ofOne, second], 'f')).toBe('unsure');
    expect(leads([ofTwo, first], 'f')).toBe('unsure');
  });

  test('a module with another version is another candidate', () => {
    expect(leads([ofOne, first, second], 'f')).toBe('unsure');
  });

  test('a reference without a version takes an only default version, and a module without versions serves any', () => {
    expect(leads([user, second], 'f')).toBe('second.so TWO');
    expect(leads([ofOne, one], 'f')).toBe('one.so');
  });
});

describe('what comes before any search', () => {
  test('a module with DT_SYMBOLIC has its own definition, though others have one', () => {
    const symbolic = library('symbolic', 'int v = 1; int *p = &v;', '-Wl,-Bsymbolic');
    const other = library('other', 'int v = 2;');
    expect(leads([symbolic, other], 'v')).toBe('symbolic.so');
    expect(leads([library('plain', 'int v = 1; int *p = &v;'), other], 'v')).toBe('unsure');
  });

  test('and searches for what it does not define', () => {
    const symbolic = library('searching', 'extern int v; int *p = &v;', '-Wl,-Bsymbolic');
    const other = library('defining', 'int v = 2;');
    expect(leads([symbolic, other], 'v')).toBe('defining.so');
  });

  test('hidden and local symbols are the module’s own', () => {
    for (const change of [{ visibility: STV.HIDDEN }, { visibility: STV.INTERNAL }, { binding: 0 }])
      expect(leads([one, two], 'f', 'data', change)).toBe('one.so');
  });
});

describe('never certain', () => {
  test('a protected symbol, though nobody else defines it', () => {
    const source = '__attribute__((visibility("protected"))) int v = 1; int f(void) { return v; }';
    expect(leads([library('protected', source), nothing], 'v')).toBe('unsure');
  });

  test('a unique symbol: the first one ever loaded counts', () => {
    const source = (flag: string) =>
      `__asm__(".globl u; .type u,@gnu_unique_object; .data; .balign 8; u: .quad 1; .size u,8; .text"); ${flag}`;
    const unique = library('unique', source(''));
    const pointing = library('pointing', 'extern long u; long *p = &u;');
    expect(leads([pointing, unique], 'u')).toBe('unsure');
    const symbolic = library('unique-symbolic', source('extern long u; long *p = &u;'), '-Wl,-Bsymbolic');
    expect(leads([symbolic], 'u')).toBe('unsure');
  });

  test('a thread’s variable', () => {
    const defining = library('tls', '__thread int t = 1;');
    const using = library('tls-user', 'extern __thread int t; int f(void) { return t; }');
    for (const kind of ['plt', 'data'] as const) expect(leads([using, defining], 't', kind)).toBe('unsure');
  });
});

test('the PLT slot of an executable that is no PIE is a second definition, for all but calls', () => {
  const source = 'int f(void); int (*volatile p)(void) = f; int main(void) { return p == f && p(); }';
  const file = shop.program('fixed', source, '-no-pie', '-fno-pie', one.path);
  const fixed = readModule(file);
  expect(symbolOf(fixed, 'f').value).not.toBe(0);
  expect(leads([user, fixed, one], 'f', 'data')).toBe('unsure');
  expect(leads([user, fixed, one], 'f', 'plt')).toBe('one.so');
});

/** Symbol resolution: every rule on a program made for it, with LD_DEBUG=bindings of the linker as judge. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Program } from '../../src/program/program.ts';
import { referenceKind } from '../../src/program/reference-kind.ts';
import { createResolver } from '../../src/program/resolver.ts';
import { Refusal } from '../../src/util/errors.ts';
import { compareWithLinker } from './judge.ts';
import { calling, returning, workshop } from './workshop.ts';

const shop = workshop();
const here = ['-Wl,-rpath,$ORIGIN', '-Wl,-z,now'];

/** Loads a program that the linker agrees about in every binding. */
function agreed(file: string): Program {
  const program = loadProgram(file);
  expect(compareWithLinker(program, []).differences).toEqual([]);
  return program;
}

/** Where the references of module `from` to `name` lead: `MODULE VERSION`, each once; '' where nowhere. */
function targets(program: Program, from: string, name: string): string[] {
  const module = program.modules.find((each) => each.name === from)!;
  const resolver = createResolver(program);
  const found = module.elf.relocations
    .filter(({ symbol }) => symbol !== 0 && module.elf.symbols.at(symbol).name === name)
    .map(({ symbol, type }) => resolver.resolve(module, symbol, referenceKind(type)))
    .map((to) => (to ? `${to.module.name} ${to.symbol.version?.name ?? ''}`.trim() : ''));
  return [...new Set(found)];
}

/** Compiles `folder/libNAME.so` with that soname. */
function library(folder: string, name: string, source: string, ...flags: readonly string[]): string {
  const file = `lib${name}.so`;
  return shop.library(`${folder}/${file}`, source, `-Wl,-soname,${file}`, '-Wl,-rpath,$ORIGIN', ...flags);
}

/** Writes a version script and returns the option that uses it. */
function versions(name: string, script: string): string {
  const file = path.join(shop.directory, name);
  writeFileSync(file, script);
  return `-Wl,--version-script=${file}`;
}

describe('scope', () => {
  test('the first module wins, weak or not', () => {
    const one = library('scope', 'one', '__attribute__((weak)) int f(void) { return 1; }');
    const two = library('scope', 'two', `${returning('f', 2)} ${returning('g')}`);
    const program = agreed(shop.program('scope/tool', calling('f', 'g'), one, two, ...here));
    expect(targets(program, 'tool', 'f')).toEqual(['libone.so']);
  });

  test('the executable comes before its libraries', () => {
    const one = library('interpose', 'one', 'int f(void) { return 1; } int g(void) { return f(); }');
    const source = 'int g(void); int f(void) { return 2; } int main(void) { return g(); }';
    const program = agreed(shop.program('interpose/tool', source, one, '-rdynamic', ...here));
    expect(targets(program, 'libone.so', 'f')).toEqual(['tool']);
  });

  test('a -Bsymbolic library comes first for itself', () => {
    const one = library(
      'symbolic',
      'one',
      'int v = 1; int *g(void) { return &v; }',
      '-Wl,-Bsymbolic',
      '-fno-plt',
    );
    const source = 'int *g(void); int v = 2; int main(void) { return *g(); }';
    const program = agreed(shop.program('symbolic/tool', source, one, '-rdynamic', ...here));
    expect(targets(program, 'libone.so', 'v').filter((target) => target !== 'libone.so')).toEqual([]);
  });

  test('a hidden definition is not seen', () => {
    const one = library(
      'hidden',
      'one',
      '__attribute__((visibility("hidden"))) int f(void) { return 1; } int x(void) { return f(); }',
    );
    const two = library('hidden', 'two', returning('f', 2));
    const program = agreed(shop.program('hidden/tool', calling('x', 'f'), one, two, ...here));
    expect(targets(program, 'tool', 'f')).toEqual(['libtwo.so']);
  });
});

describe('weak references', () => {
  test('lead nowhere where nothing defines them', () => {
    const source = 'extern int f(void) __attribute__((weak)); int main(void) { return f ? f() : 0; }';
    expect(targets(agreed(shop.program('weak/tool', source, ...here)), 'tool', 'f')).toEqual(['']);
  });

  test('lead to a definition where there is one', () => {
    const one = library('weak', 'one', returning('f'));
    const source = 'extern int f(void) __attribute__((weak)); int main(void) { return f ? f() : 0; }';
    const program = agreed(shop.program('weak/other', source, '-Wl,--no-as-needed', one, ...here));
    expect(targets(program, 'other', 'f')).toEqual(['libone.so']);
  });

  test('a strong reference without a definition is refused by name', () => {
    const one = library(
      'missing',
      'one',
      `${returning('f')} ${returning('g')}`,
      versions('missing.map', 'ONE { f; g; };'),
    );
    const file = shop.program('missing/tool', calling('f', 'g'), one, ...here);
    library('missing', 'one', returning('g'), versions('missing.map', 'ONE { g; };'));
    const message = `${file}: symbol f, version ONE of libone.so, is defined in no module of the program`;
    expect(() => targets(loadProgram(file), 'tool', 'f')).toThrow(new Refusal(message));
  });
});

describe('versions', () => {
  const map = 'ONE { f; }; TWO { f; } ONE; THREE { f; } TWO;';
  const source = `
    int f1(void) { return 1; } int f2(void) { return 2; } int f3(void) { return 3; }
    __asm__(".symver f1,f@ONE"); __asm__(".symver f2,f@TWO"); __asm__(".symver f3,f@@THREE");`;
  const asking = (version: string) =>
    `__asm__(".symver f,f@${version}"); int f(void); int main(void) { return f(); }`;

  test.each(['ONE', 'TWO', 'THREE'])('%s is found by its name', (version) => {
    const one = library('versions', 'one', source, versions('versions.map', map));
    const program = agreed(shop.program(`versions/${version}`, asking(version), one, ...here));
    expect(targets(program, version, 'f')).toEqual([`libone.so ${version}`]);
  });

  test('another module with that symbol and another version is passed over', () => {
    const other = library(
      'others',
      'other',
      `${returning('f')} ${returning('g')}`,
      versions('other.map', 'OTHER { f; g; };'),
    );
    const one = library('others', 'one', source, versions('versions.map', map));
    const tool = shop.program(
      'others/tool',
      `int g(void); ${asking('TWO').replace('return f()', 'return f() + g()')}`,
      one,
      other,
      ...here,
    );
    const reversed = shop.program(
      'others/reversed',
      `int g(void); ${asking('TWO').replace('return f()', 'return f() + g()')}`,
      '-Wl,--no-as-needed',
      other,
      one,
      ...here,
    );
    for (const file of [tool, reversed])
      expect(targets(agreed(file), path.basename(file), 'f')).toEqual(['libone.so TWO']);
  });

  test('a reference without a version takes the first version, not the newest', () => {
    const plain = library('unversioned', 'one', returning('f'));
    const file = shop.program('unversioned/tool', calling('f'), plain, ...here);
    library('unversioned', 'one', source, versions('versions.map', map));
    expect(targets(agreed(file), 'tool', 'f')).toEqual(['libone.so ONE']);
  });

  test('or the only default version', () => {
    const plain = library('single', 'one', returning('f'));
    const file = shop.program('single/tool', calling('f'), plain, ...here);
    library('single', 'one', returning('f'), versions('single.map', 'ONE { g; }; TWO { f; } ONE;'));
    expect(targets(agreed(file), 'tool', 'f')).toEqual(['libone.so TWO']);
  });

  test('a versioned reference takes a module without versions', () => {
    const versioned = library(
      'lost',
      'one',
      `${returning('f')} ${returning('g')}`,
      versions('lost.map', 'ONE { f; g; };'),
    );
    const file = shop.program('lost/tool', calling('f', 'g'), versioned, ...here);
    const before = library('lost', 'before', returning('f'));
    const preloading = shop.program(
      'lost/both',
      calling('f', 'g'),
      '-Wl,--no-as-needed',
      versioned,
      before,
      ...here,
    );
    expect(targets(agreed(file), 'tool', 'f')).toEqual(['libone.so ONE']);
    expect(targets(agreed(preloading), 'both', 'f')).toEqual(['libone.so ONE']);
    const source = 'int f(void) { return 5; } int g(void); int main(void) { return f() + g(); }';
    const inside = shop.program('lost/inside', source, versioned, '-rdynamic', ...here);
    library(
      'lost',
      'one',
      'int f(void) { return 1; } int g(void) { return f(); }',
      versions('lost.map', 'ONE { f; g; };'),
    );
    expect(targets(agreed(inside), 'libone.so', 'f')).toEqual(['inside']);
  });
});

describe('protected symbols', () => {
  test('are their own for the module that defines them', () => {
    const one = library(
      'protected',
      'one',
      '__attribute__((visibility("protected"))) int v = 1; int f(void); __attribute__((visibility("protected"))) int f(void) { return v; } void *p = &f; int *q = &v;',
    );
    const source =
      'int v = 2; int f(void) { return v; } extern void *p; extern int *q; int main(void) { return p == q; }';
    const program = agreed(shop.program('protected/tool', source, one, '-rdynamic', '-fPIE', ...here));
    expect(targets(program, 'libone.so', 'f')).toEqual(['libone.so']);
    expect(targets(program, 'libone.so', 'v')).toEqual(['libone.so']);
  });
});

describe('executables that are no PIE', () => {
  const fixed = ['-no-pie', '-fno-pie', ...here];

  test('a copy relocation reads the library, everyone else uses the copy', () => {
    const one = library('copy', 'one', 'int v = 1; int *f(void) { return &v; }');
    const source = 'extern int v; int *f(void); int main(void) { return v + *f(); }';
    const program = agreed(shop.program('copy/tool', source, one, ...fixed));
    expect(targets(program, 'tool', 'v')).toEqual(['libone.so']);
    expect(targets(program, 'libone.so', 'v')).toEqual(['tool']);
  });

  test('the PLT slot stands for a function whose address is taken, but not for calls', () => {
    const one = library('address', 'one', 'int f(void) { return 1; } int h(void) { return f(); }');
    const two = library('address', 'two', 'int f(void); void *g(void) { return f; }', one);
    const source =
      'int f(void); void *g(void); int h(void); int main(void) { return g() != f || h() != f(); }';
    const program = agreed(shop.program('address/tool', source, one, two, ...fixed));
    expect(targets(program, 'tool', 'f')).toEqual(['libone.so']);
    expect(targets(program, 'libone.so', 'f')).toEqual(['libone.so']);
    expect(targets(program, 'libtwo.so', 'f')).toEqual(['tool']);
  });
});

describe('other kinds of symbols', () => {
  test('thread-local ones are found across modules', () => {
    const one = library('tls', 'one', '__thread int v = 1;');
    const two = library('tls', 'two', 'extern __thread int v; int f(void) { return v; }', one);
    const source = 'extern __thread int v; int f(void); int main(void) { return v + f(); }';
    const program = agreed(shop.program('tls/tool', source, one, two, ...here));
    expect(targets(program, 'libtwo.so', 'v')).toEqual(['libone.so']);
  });

  test('a function with a resolver is a definition', () => {
    const one = library(
      'ifunc',
      'one',
      'static int g(void) { return 1; } static void *r(void) { return g; } int f(void) __attribute__((ifunc("r")));',
    );
    const program = agreed(shop.program('ifunc/tool', calling('f'), one, ...here));
    expect(targets(program, 'tool', 'f')).toEqual(['libone.so']);
  });

  test('a unique one is that of the first that used it, whatever the version', () => {
    const unique = (name: string) =>
      `__asm__(".pushsection .data\\n.globl u\\n.type u,@gnu_unique_object\\n.size u,4\\nu: .long 1\\n.popsection"); extern int u; int *${name}(void) { return &u; }`;
    const lower = library('unique', 'lower', unique('a'), versions('lower.map', 'LOWER { a; u; };'));
    const upper = library(
      'unique',
      'upper',
      unique('b') + 'int *a(void); int *c(void) { return a(); }',
      lower,
      versions('upper.map', 'UPPER { b; c; u; };'),
    );
    const program = agreed(shop.program('unique/tool', calling('a', 'b'), upper, lower, ...here));
    expect(targets(program, 'libupper.so', 'u')).toEqual(['liblower.so LOWER']);
  });

  test('only DT_HASH, no DT_GNU_HASH', () => {
    const one = library('sysv', 'one', returning('f'), '-Wl,--hash-style=sysv');
    const program = agreed(shop.program('sysv/tool', calling('f'), one, ...here));
    expect(targets(program, 'tool', 'f')).toEqual(['libone.so']);
  });
});

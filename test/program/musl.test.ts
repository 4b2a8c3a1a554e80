/** Programs for musl: where its linker looks, and what it binds. Its own `--list` is the judge of the closure. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import type { Program } from '../../src/program/program.ts';
import { referenceKind } from '../../src/program/reference-kind.ts';
import { createResolver } from '../../src/program/resolver.ts';
import { calling, returning, workshop } from './workshop.ts';

const compiler = 'musl-gcc';
const hasMusl = spawnSync(compiler, ['--version']).status === 0 && existsSync('/lib/ld-musl-x86_64.so.1');
const check = test.skipIf(!hasMusl);
const shop = workshop(compiler);
const here = '-Wl,-rpath,$ORIGIN';
const soname = (name: string) => `-Wl,-soname,${name}`;

/** The paths that musl's linker prints, in its order, after it loaded the program itself. */
function listed({ interpreter, path: file }: Program): string[] {
  const text = execFileSync(interpreter.path, ['--list', file], { encoding: 'utf8' });
  return Array.from(text.matchAll(/ => (\S+) \(0x/g), ([, name]) => name!);
}

check('the C library is the interpreter, and comes where it is first needed', () => {
  const a = shop.library('order/liba.so', returning('a'), soname('liba.so'));
  const program = loadProgram(shop.program('order/tool', calling('a'), a, here));
  expect(program.libc).toBe('musl');
  expect(program.modules.map(({ name }) => name)).toEqual(['tool', 'liba.so', 'ld-musl-x86_64.so.1']);
  expect(program.modules.at(-1)).toBe(program.interpreter);
  expect(listed(program).slice(0, 1)).toEqual([program.modules[1]!.path]);
});

check('RUNPATH is inherited', () => {
  const deep = shop.library('inherit/lib/libdeep.so', returning('deep'), soname('libdeep.so'));
  const top = shop.library(
    'inherit/lib/libtop.so',
    'int deep(void); int top(void) { return deep(); }',
    deep,
    soname('libtop.so'),
  );
  const program = loadProgram(
    shop.program(
      'inherit/tool',
      calling('top'),
      top,
      '-Wl,--allow-shlib-undefined',
      '-Wl,-rpath,$ORIGIN/lib',
    ),
  );
  const own = program.modules.filter(({ path }) => path.startsWith(shop.directory)).slice(1);
  expect(own.map(({ path }) => path)).toEqual(
    listed(program).filter((path) => path.startsWith(shop.directory)),
  );
});

check('a missing library', () => {
  const a = shop.library('missing/gone/liba.so', returning('a'), soname('liba.so'));
  const file = shop.program('missing/tool', calling('a'), a);
  expect(() => loadProgram(file)).toThrow(`${file} needs liba.so, which is not found`);
});

check('symbols are found in the order of the modules', () => {
  const one = shop.library('bind/libone.so', 'int v = 1; int f(void) { return v; }', soname('libone.so'));
  const two = shop.library('bind/libtwo.so', `${returning('f', 2)} ${returning('g')}`, soname('libtwo.so'));
  const source =
    'extern int v; int f(void), g(void), printf(const char *, ...); int main(void) { printf("%d %d %d", f(), g(), v); }';
  const file = shop.program('bind/tool', source, one, two, here, '-no-pie', '-fno-pie');
  expect(execFileSync(file, { encoding: 'utf8' })).toBe('1 0 1');

  const program = loadProgram(file);
  const resolver = createResolver(program);
  const { executable } = program;
  const found = executable.elf.relocations
    .filter(({ symbol }) => symbol !== 0)
    .map(({ symbol, type }) => [
      executable.elf.symbols.at(symbol).name,
      resolver.resolve(executable, symbol, referenceKind(type))?.module.name,
    ]);
  expect(found).toEqual(
    expect.arrayContaining([
      ['v', 'libone.so'],
      ['f', 'libone.so'],
      ['g', 'libtwo.so'],
      ['printf', 'ld-musl-x86_64.so.1'],
    ]),
  );
});

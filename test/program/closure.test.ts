/** Where libraries are found: every rule of ld.so(8) on a program made for it, with `ld.so --list` as judge. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { closure } from '../../src/program/closure.ts';
import { glibcRules } from '../../src/program/glibc-rules.ts';
import { linkerFacts } from '../../src/program/ask-linker.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { linkerVariables } from '../../src/program/environment.ts';
import { compareWithLinker, listedModules, loadedModules } from './judge.ts';
import { calling, returning, workshop } from './workshop.ts';

const shop = workshop();
const rpath = (list: string) => ['-Wl,--disable-new-dtags', `-Wl,-rpath,${list}`];
const runpath = (list: string) => ['-Wl,--enable-new-dtags', `-Wl,-rpath,${list}`];
const soname = (name: string) => `-Wl,-soname,${name}`;

/** The modules that were made here, relative to the test's folder, after the judge agreed with all of them. */
function modulesOf(program: string, folder: string): string[] {
  const loaded = loadProgram(program);
  expect(loadedModules(loaded)).toEqual(listedModules(loaded));
  const own = path.join(shop.directory, folder, '/');
  return loadedModules(loaded)
    .filter((module) => module.startsWith(own))
    .map((module) => module.slice(own.length));
}

describe('search paths', () => {
  test('$ORIGIN is the directory of the file that runs, in all spellings', () => {
    const a = shop.library('origin/lib/liba.so', returning('a'), soname('liba.so'));
    const b = shop.library('origin/more/libb.so', returning('b'), soname('libb.so'));
    shop.program('origin/bin/tool', calling('a', 'b'), a, b, ...runpath('$ORIGIN/../lib:${ORIGIN}/../more/'));
    symlinkSync('bin/tool', path.join(shop.directory, 'origin', 'link'));
    expect(modulesOf(path.join(shop.directory, 'origin', 'link'), 'origin')).toEqual([
      'bin/../lib/liba.so',
      'bin/../more/libb.so',
    ]);
  });

  test('$LIB and $PLATFORM', () => {
    const { lib, platform } = linkerFacts('/lib64/ld-linux-x86-64.so.2', '/bin/true', []);
    const a = shop.library(`tokens/${lib}/liba.so`, returning('a'), soname('liba.so'));
    const b = shop.library(`tokens/${platform}/libb.so`, returning('b'), soname('libb.so'));
    const tool = shop.program(
      'tokens/tool',
      calling('a', 'b'),
      a,
      b,
      ...runpath('$ORIGIN/$LIB:$ORIGIN/${PLATFORM}'),
    );
    expect(modulesOf(tool, 'tokens')).toEqual([`${lib}/liba.so`, `${platform}/libb.so`]);
  });

  test('RUNPATH is for the own needs only', () => {
    const deep = shop.library('runpath/lib/libdeep.so', returning('deep'), soname('libdeep.so'));
    shop.library(
      'runpath/lib/libtop.so',
      'int deep(void); int top(void) { return deep(); }',
      deep,
      soname('libtop.so'),
    );
    const top = path.join(shop.directory, 'runpath/lib/libtop.so');
    const tool = shop.program(
      'runpath/tool',
      calling('top'),
      top,
      '-Wl,--allow-shlib-undefined',
      ...runpath('$ORIGIN/lib'),
    );
    expect(() => loadProgram(tool)).toThrow(`libtop.so needs libdeep.so, which is not found`);
  });

  test('RPATH is inherited, but not by a module with RUNPATH', () => {
    const deep = shop.library('rpath/deep/libdeep.so', returning('deep'), soname('libdeep.so'));
    const other = shop.library('rpath/lib/libdeep.so', returning('deep'), soname('libdeep.so'));
    const first = shop.library(
      'rpath/lib/libfirst.so',
      'int deep(void); int first(void) { return deep(); }',
      deep,
      soname('libfirst.so'),
      ...runpath('$ORIGIN/../deep'),
    );
    const heir = shop.library(
      'rpath/lib/libheir.so',
      'int deep(void); int heir(void) { return deep(); }',
      other,
      soname('libheir.so'),
    );
    const one = shop.program(
      'rpath/one',
      calling('first'),
      first,
      '-Wl,--allow-shlib-undefined',
      ...rpath('$ORIGIN/lib'),
    );
    const two = shop.program(
      'rpath/two',
      calling('heir'),
      heir,
      '-Wl,--allow-shlib-undefined',
      ...rpath('$ORIGIN/lib'),
    );
    expect(modulesOf(one, 'rpath')).toEqual(['lib/libfirst.so', 'lib/../deep/libdeep.so']);
    expect(modulesOf(two, 'rpath')).toEqual(['lib/libheir.so', 'lib/libdeep.so']);
  });

  test('a path in DT_NEEDED is taken as it is', () => {
    const library = shop.library('needed/libpath.so', returning('a'));
    const tool = shop.program('needed/tool', calling('a'), library);
    expect(modulesOf(tool, 'needed')).toEqual(['libpath.so']);
  });

  test('a relative directory is passed over where the library is not in it, and refused where it is', () => {
    const a = shop.library('relative/liba.so', returning('a'), soname('liba.so'), '-nostdlib');
    const here = path.relative(process.cwd(), path.join(shop.directory, 'relative'));
    const first = shop.program('relative/first', calling('a'), a, ...runpath(`${here}:$ORIGIN`));
    const without = shop.program('relative/without', calling('a'), a, ...runpath('src::$ORIGIN'));
    const absent = shop.program('relative/absent', calling('a'), a, ...runpath('not-here:$ORIGIN'));
    const last = shop.program(
      'relative/last',
      calling('a'),
      '-nostdlib',
      '-e',
      'main',
      a,
      ...runpath('$ORIGIN:src'),
    );
    expect(() => loadProgram(first)).toThrow('loads different libraries in different working directories');
    expect(modulesOf(absent, 'relative')).toEqual(['liba.so']);
    expect(modulesOf(without, 'relative')).toEqual(['liba.so']);
    expect(loadProgram(last).modules.map(({ name }) => name)).toEqual([
      'last',
      'liba.so',
      'ld-linux-x86-64.so.2',
    ]);
  });

  test('-z nodefaultlib leaves cache entries and default directories out', () => {
    const libc = loadProgram('/bin/true').modules.find(({ name }) => name === 'libc.so.6')!;
    const a = shop.library('nodefault/liba.so', returning('a'), soname('liba.so'), '-nostdlib');
    const flags = ['-Wl,-z,nodefaultlib', a];
    const found = shop.program(
      'nodefault/found',
      calling('a'),
      ...flags,
      ...runpath(`$ORIGIN:${path.dirname(libc.path)}`),
    );
    const lost = shop.program('nodefault/lost', calling('a'), ...flags, ...runpath('$ORIGIN'));
    expect(modulesOf(found, 'nodefault')).toEqual(['liba.so']);
    expect(() => loadProgram(lost)).toThrow(`${lost} needs libc.so.6, which is not found`);
  });
});

describe('directories of processor levels', () => {
  const { hwcaps } = linkerFacts('/lib64/ld-linux-x86-64.so.2', '/bin/true', []);

  test('the best that the processor has is taken', ({ skip }) => {
    if (hwcaps.length === 0) skip('this processor has the base line only');
    const plain = shop.library('hwcaps/lib/liba.so', returning('a'), soname('liba.so'));
    for (const level of ['x86-64-v9', ...hwcaps])
      shop.library(`hwcaps/lib/glibc-hwcaps/${level}/liba.so`, returning('a'), soname('liba.so'));
    const tool = shop.program('hwcaps/tool', calling('a'), plain, ...runpath('$ORIGIN/lib'));
    expect(modulesOf(tool, 'hwcaps')).toEqual([`lib/glibc-hwcaps/${hwcaps[0]!}/liba.so`]);
  });

  test('directories of the time before glibc 2.33', () => {
    const plain = shop.library('legacy/lib/liba.so', returning('a'), soname('liba.so'));
    shop.library('legacy/lib/tls/liba.so', returning('a'), soname('liba.so'));
    shop.library('legacy/lib/x86_64/liba.so', returning('a'), soname('liba.so'));
    const tool = shop.program('legacy/tool', calling('a'), plain, ...runpath('$ORIGIN/lib'));
    expect(modulesOf(tool, 'legacy')).toHaveLength(1);
  });
});

describe('which file is which module', () => {
  test('libraries of another class are passed over', () => {
    const library = shop.library('class/good/liba.so', returning('a'), soname('liba.so'));
    const tool = shop.program('class/tool', calling('a'), library, ...runpath('$ORIGIN/bad:$ORIGIN/good'));
    const bytes = readFileSync(library);
    bytes[4] = 1;
    mkdirSync(path.join(shop.directory, 'class/bad'));
    writeFileSync(path.join(shop.directory, 'class/bad/liba.so'), bytes);
    expect(modulesOf(tool, 'class')).toEqual(['good/liba.so']);
  });

  test('what is no library at all ends the search', () => {
    const library = shop.library('text/good/liba.so', returning('a'), soname('liba.so'));
    const tool = shop.program('text/tool', calling('a'), library, ...runpath('$ORIGIN/bad:$ORIGIN/good'));
    mkdirSync(path.join(shop.directory, 'text/bad'));
    writeFileSync(path.join(shop.directory, 'text/bad/liba.so'), 'INPUT(liba.so.1)\n');
    expect(() => loadProgram(tool)).toThrow('text/bad/liba.so is no ELF file');
  });

  test('nor is a directory', () => {
    const library = shop.library('folder/good/liba.so', returning('a'), soname('liba.so'));
    const tool = shop.program('folder/tool', calling('a'), library, ...runpath('$ORIGIN/bad:$ORIGIN/good'));
    mkdirSync(path.join(shop.directory, 'folder/bad/liba.so'), { recursive: true });
    expect(() => loadProgram(tool)).toThrow('folder/bad/liba.so cannot be read (EISDIR)');
  });

  test('one file by two names is one module', () => {
    const library = shop.library('names/libreal.so', returning('a'));
    symlinkSync('libreal.so', path.join(shop.directory, 'names/libother.so'));
    const other = path.join(shop.directory, 'names/libother.so');
    shop.library(
      'names/libuser.so',
      'int a(void); int b(void) { return a(); }',
      other,
      ...runpath('$ORIGIN'),
    );
    const user = path.join(shop.directory, 'names/libuser.so');
    const tool = shop.program('names/tool', calling('a', 'b'), library, user, ...runpath('$ORIGIN'));
    expect(modulesOf(tool, 'names')).toEqual(['libreal.so', 'libuser.so']);
  });

  test('a soname answers for a file that was loaded by another name', () => {
    const real = shop.library('soname/libx-1.2.so', returning('a'), soname('libx.so.1'));
    const user = shop.library('soname/libuser.so', 'int a(void); int b(void) { return a(); }', real);
    const bare = shop.library('soname/libx.so', returning('a'));
    writeFileSync(bare, readFileSync(real));
    const tool = shop.program(
      'soname/tool',
      calling('b'),
      '-Wl,--no-as-needed',
      user,
      '-Wl,--allow-shlib-undefined',
      ...rpath('$ORIGIN'),
    );
    expect(() => loadProgram(tool)).toThrow('needs libx.so.1, which is not found');
    symlinkSync('libx-1.2.so', path.join(shop.directory, 'soname/libx.so.1'));
    expect(modulesOf(tool, 'soname')).toEqual(['libuser.so', 'libx.so.1']);
  });

  test('breadth-first, each module once, also in a circle', () => {
    shop.library('circle/libone.so', returning('one'), soname('libone.so'));
    const one = path.join(shop.directory, 'circle/libone.so');
    const two = shop.library(
      'circle/libtwo.so',
      'int one(void); int two(void) { return one(); }',
      one,
      soname('libtwo.so'),
    );
    shop.library(
      'circle/libone.so',
      'int two(void); int one(void) { return 0; } int x(void) { return two(); }',
      two,
      soname('libone.so'),
      '-Wl,--no-as-needed',
    );
    const three = shop.library('circle/libthree.so', returning('three'), soname('libthree.so'));
    const tool = shop.program('circle/tool', calling('one', 'three'), one, three, ...rpath('$ORIGIN'));
    expect(modulesOf(tool, 'circle')).toEqual(['libone.so', 'libthree.so', 'libtwo.so']);
    const { dependencies, executable } = loadProgram(tool);
    expect(dependencies.get(executable)!.map(({ name }) => name)).toEqual([
      'libone.so',
      'libthree.so',
      'libc.so.6',
    ]);
  });

  test('a filter is refused', () => {
    const real = shop.library('filter/libreal.so', returning('a'), soname('libreal.so'));
    const filter = shop.library(
      'filter/libfilter.so',
      returning('a'),
      soname('libfilter.so'),
      '-Wl,-F,libreal.so',
    );
    const tool = shop.program('filter/tool', calling('a'), filter, real, ...runpath('$ORIGIN'));
    expect(() => loadProgram(tool)).toThrow('libfilter.so is a filter (DT_FILTER)');
  });
});

test('preloaded libraries come before the needed ones, those that are not there are left out', () => {
  const a = shop.library('preload/liba.so', returning('a'), soname('liba.so'));
  const b = shop.library('preload/libb.so', returning('a'), soname('libb.so'));
  const file = shop.program('preload/tool', calling('a'), a, ...runpath('$ORIGIN'));
  const { executable, interpreter } = loadProgram(file);
  const rules = { ...glibcRules(interpreter.path, file, []), preloads: [b, '/nowhere/libc.so'] };
  const { modules } = closure(executable, interpreter, rules);
  expect(modules.map(({ name }) => name).slice(0, 3)).toEqual(['tool', 'libb.so', 'liba.so']);
});

describe('variables of the linker', () => {
  const make = (folder: string) => {
    const a = shop.library(`${folder}/lib/liba.so`, returning('a'), soname('liba.so'));
    shop.library(`${folder}/other/liba.so`, returning('a'), soname('liba.so'));
    return a;
  };
  const judged = (file: string, folder: string, variables: Record<string, string>): string[] => {
    const loaded = loadProgram(file, { variables: linkerVariables(variables) });
    expect(loadedModules(loaded)).toEqual(listedModules(loaded));
    const own = path.join(shop.directory, folder, '/');
    return loadedModules(loaded)
      .filter((module) => module.startsWith(own))
      .map((module) => module.slice(own.length));
  };
  const other = (folder: string): string => path.join(shop.directory, folder, 'other');

  test('LD_LIBRARY_PATH comes before RUNPATH', () => {
    const tool = shop.program('path-run/tool', calling('a'), make('path-run'), ...runpath('$ORIGIN/lib'));
    const found = judged(tool, 'path-run', { LD_LIBRARY_PATH: other('path-run') });
    expect(found).toEqual(['other/liba.so']);
    expect(judged(tool, 'path-run', { LD_LIBRARY_PATH: '' })).toEqual(['lib/liba.so']);
  });

  test('and behind RPATH', () => {
    const tool = shop.program('path-r/tool', calling('a'), make('path-r'), ...rpath('$ORIGIN/lib'));
    expect(judged(tool, 'path-r', { LD_LIBRARY_PATH: other('path-r') })).toEqual(['lib/liba.so']);
  });

  test('its tokens count from the program, its separators are two', () => {
    const { lib } = linkerFacts('/lib64/ld-linux-x86-64.so.2', '/bin/true', []);
    const tool = shop.program('path-token/bin/tool', calling('a'), make('path-token'));
    shop.library(`path-token/bin/${lib}/liba.so`, returning('a'), soname('liba.so'));
    const tokens = { LD_LIBRARY_PATH: '/nowhere;$ORIGIN/${LIB};$ORIGIN/../other' };
    expect(judged(tool, 'path-token', tokens)).toEqual([`bin/${lib}/liba.so`]);
    const last = { LD_LIBRARY_PATH: '$ORIGIN/nowhere:$ORIGIN/../other:' };
    expect(judged(tool, 'path-token', last)).toEqual(['bin/../other/liba.so']);
  });

  test('its directories have those of processor levels, too', ({ skip }) => {
    const { hwcaps } = linkerFacts('/lib64/ld-linux-x86-64.so.2', '/bin/true', []);
    if (hwcaps[0] === undefined) skip('this processor has the base line only');
    const level = `other/glibc-hwcaps/${hwcaps[0]}/liba.so`;
    const tool = shop.program('path-level/tool', calling('a'), make('path-level'), ...runpath('$ORIGIN/lib'));
    shop.library(`path-level/${level}`, returning('a'), soname('liba.so'));
    expect(judged(tool, 'path-level', { LD_LIBRARY_PATH: other('path-level') })).toEqual([level]);
  });

  test('LD_PRELOAD: by name and by path, before the needed ones; what they need comes behind', () => {
    const a = make('preloads');
    const deep = shop.library('preloads/other/libdeep.so', returning('deep'), soname('libdeep.so'));
    const first = shop.library(
      'preloads/other/libfirst.so',
      'int deep(void); int f(void) { return deep(); }',
      deep,
    );
    const second = shop.library('preloads/other/libsecond.so', returning('s'), soname('libsecond.so'));
    const tool = shop.program('preloads/tool', calling('a'), a, ...runpath('$ORIGIN/lib'));
    const variables = { LD_PRELOAD: `${first} libsecond.so::${second}`, LD_LIBRARY_PATH: other('preloads') };
    expect(judged(tool, 'preloads', variables)).toEqual([
      ...['other/libfirst.so', 'other/libsecond.so', 'other/liba.so', 'other/libdeep.so'],
    ]);
    const loaded = loadProgram(tool, { variables: linkerVariables({ ...variables, LD_BIND_NOW: '1' }) });
    expect(compareWithLinker(loaded, []).differences).toEqual([]);
  });

  test('tunables hide features of the processor', () => {
    const { hwcaps } = linkerFacts('/lib64/ld-linux-x86-64.so.2', '/bin/true', [
      'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2',
    ]);
    expect(hwcaps).not.toContain('x86-64-v3');
  });
});

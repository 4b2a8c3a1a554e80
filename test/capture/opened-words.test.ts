/** What ld.so made of opened modules in our process, against ordinary processes that open the same by themselves. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseMechanism, doesFire, mechanisms } from '../../src/capture/stop-point.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { allWords, dumper, judge, openerSource, relocatedWords } from './judge-opened.ts';
import { plugIn, program } from './plug-ins.ts';

const opener = program('opener', `${openerSource}\nint shared = 5; int own(void) { return 1; }`, {
  flags: ['-rdynamic'],
});
const tables = `
  extern int shared; int own(void), other(void); extern int weakly __attribute__((weak));
  static int mine[4];
  int *pointers[] = { &shared, mine + 3, &weakly };
  int (*functions[])(void) = { own, other };`;
const other = plugIn('other', 'int shared = 6; int other(void) { return 2; } int *p = &shared;');

afterEach(() => chooseMechanism(undefined));

describe.each(mechanisms)('plug-ins of all kinds, every word, stopped by %s', (mechanism) => {
  beforeEach(({ skip }) => {
    if (!doesFire(mechanism)) skip(`this machine has no stop by ${mechanism}`);
    chooseMechanism(mechanism);
  });

  const exact = (roots: readonly string[], least: number): void => {
    const { compared, different, capture } = judge(loadProgram(opener), roots, allWords);
    expect(capture.failed).toEqual([]);
    expect(capture.modules.map((module) => module.path)).toEqual(expect.arrayContaining([...roots]));
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(least);
  };

  test('tables of pointers, a dependency, an interposed variable', () => {
    exact([plugIn('tables', tables, { needs: [other] })], 100);
  });

  test('packed relative relocations', ({ skip }) => {
    const flags = ['-Wl,-z,pack-relative-relocs'];
    if (!takes(flags)) skip('the linker knows no packed relative relocations');
    exact([plugIn('packed', tables, { needs: [other], flags })], 100);
  });

  test('IFUNC', () => {
    exact(
      [
        plugIn(
          'ifunc',
          `static int one(void) { return 1; }
          static void *choose(void) { return one; }
          int chosen(void) __attribute__((ifunc("choose")));
          int (*pointer)(void) = chosen;
          int call(void) { return chosen(); }`,
        ),
      ],
      30,
    );
  });

  test('TLS, with static offsets and with module numbers', () => {
    const variable = 'int variable = 3; int *f(void) { return &variable; }';
    const source = variable.replace('int', '__thread int');
    const roots = ['initial-exec', 'global-dynamic', 'local-dynamic'].map((model) =>
      plugIn(`tls-${model}`, source.replaceAll('variable', `in_${model.replace('-', '_')}`), {
        flags: [`-ftls-model=${model}`],
      }),
    );
    exact(roots, 60);
  });

  test('unique symbols of two modules', ({ skip }) => {
    if (!existsSync('/usr/bin/c++')) skip('there is no C++ compiler');
    const source = 'template <class T> struct S { static T value; }; template <class T> T S<T>::value = 4;';
    const roots = ['one', 'two'].map((name) =>
      plugIn(
        `unique-${name}`,
        `${source} int *${name} = &S<int>::value; int *f() { return &S<int>::value; }`,
        {
          language: 'c++',
        },
      ),
    );
    exact(roots, 60);
  });

  test('a module that only RTLD_LAZY opens does not make what it needs lazy', () => {
    const needed = plugIn('bound', 'int other(void); int bound(void) { return other(); }', {
      needs: [other],
    });
    const lazy = plugIn(
      'lazy',
      'int nowhere(void), bound(void); int call(void) { return nowhere() + bound(); }',
      {
        needs: [needed],
      },
    );
    exact([lazy, needed], 90);
  });
});

function takes(flags: readonly string[]): boolean {
  try {
    plugIn('tried', 'int x; int *p = &x;', { flags });
    return true;
  } catch {
    return false;
  }
}

/** What gnutls needs: constructors choose functions for this processor, and store them where relocations wrote. */
const choosesItself = /^lib(nettle|gmp|p11-kit)\.so/;

describe('real modules, every word that is relocated', () => {
  const found = (names: readonly string[]): string[] => {
    const known = execFileSync('/sbin/ldconfig', ['-p']).toString();
    return names.flatMap((name) => new RegExp(`^\\t${name} .*x86-64.* => (.*)$`, 'm').exec(known)?.[1] ?? []);
  };
  const agree = ({ compared, different, capture }: ReturnType<typeof judge>, least: number): void => {
    expect(capture.failed).toEqual([]);
    expect(different.filter((each) => !choosesItself.test(each))).toEqual([]);
    expect(compared).toBeGreaterThan(least);
  };

  test('LLVM', ({ skip }) => {
    const [llvm] = found(['libLLVM-1\\d.so.1']);
    if (llvm === undefined) return skip('there is no libLLVM');
    agree(judge(loadProgram(opener), [llvm], relocatedWords), 200_000);
  });

  test('extension modules of Python', ({ skip }) => {
    const python = '/usr/bin/python3';
    if (!existsSync(python)) return skip('there is no /usr/bin/python3');
    const folder = execFileSync(python, ['-c', 'import _ssl; print(_ssl.__file__)']).toString();
    const roots = modulesBelow(path.dirname(folder)).filter((file) => /_(ssl|ctypes|sqlite3)\./.test(file));
    const code = 'import ctypes, sys\nfor each in sys.argv[1:]: ctypes.CDLL(each)';
    const command = [python, '-I', '-S', '-c', code, ...roots, dumper] as const;
    agree(judge(loadProgram(python), roots, relocatedWords, [...command]), 10_000);
  });

  test('XS modules of Perl', ({ skip }) => {
    const perl = '/usr/bin/perl';
    if (!existsSync(perl)) return skip('there is no /usr/bin/perl');
    const folder = execFileSync(perl, ['-MConfig', '-e', 'print $Config{archlibexp}']).toString();
    const roots = modulesBelow(folder);
    const code = 'for (@ARGV) { DynaLoader::dl_load_file($_, 0) or die DynaLoader::dl_error() }';
    const command = [perl, '-MDynaLoader', '-e', code, ...roots, dumper] as const;
    agree(judge(loadProgram(perl), roots, relocatedWords, [...command]), 1000);
  });

  test('what a program of GTK opens', ({ skip }) => {
    const [gtk, pixbuf] = found(['libgtk-3.so.0', 'libgdk_pixbuf-2.0.so.0']);
    const drawing = found(['libGL.so.1', 'libGLX_mesa.so.0', 'libEGL_mesa.so.0']);
    if (gtk === undefined || pixbuf === undefined || drawing.length < 3)
      return skip('there is no GTK with Mesa');
    const folders = ['dri', 'gdk-pixbuf-2.0', 'gtk-3.0', 'gio'].map((name) =>
      path.join(path.dirname(pixbuf), name),
    );
    const roots = [...drawing, ...folders.flatMap(modulesBelow)].filter(
      (file) => !/dri\/(?!swrast)/.test(file),
    );
    const drawer = program('drawer', openerSource, { needs: [gtk] });
    agree(judge(loadProgram(drawer), roots, relocatedWords), 300_000);
  });
});

function modulesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith('.so'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** What an opened module needs with all that this needs, where each name means one module. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadProgram } from '../../src/program/load-program.ts';
import { openedClosures } from '../../src/provenance/opened-closure.ts';
import { present } from '../../src/util/present.ts';
import { calling, returning, workshop } from '../program/workshop.ts';

const shop = workshop();
const lib = (file: string, source: string, ...needs: readonly string[]): string =>
  shop.library(
    file,
    source,
    '-nostdlib',
    `-Wl,-soname,${path.basename(file)}`,
    '-Wl,--no-as-needed',
    ...needs,
  );
const own = lib('libown.so', returning('own'));
const host = shop.program('host', calling('own'), own, '-Wl,-rpath,$ORIGIN');
const base = lib('libbase.so', returning('base'));
const middle = lib('libmiddle.so', returning('middle'), base, own);
const upper = lib('libupper.so', returning('upper'), middle);

/** The names of the closure of `file`, sorted; or why it is not certain. */
function closureOf(file: string, opened: readonly string[]): readonly string[] | string {
  const program = loadProgram(host, { opened });
  const module = present(
    program.opened.find((each) => each.path === file),
    file,
  );
  const closure = present(openedClosures(program).get(module), 'closure');
  return typeof closure === 'string' ? closure : [...closure].map(({ name }) => name).sort();
}

test('everything below, the program’s own modules included', () => {
  const opened = [upper, middle, base];
  expect(closureOf(upper, opened)).toEqual(['libbase.so', 'libmiddle.so', 'libown.so', 'libupper.so']);
  expect(closureOf(middle, opened)).toEqual(['libbase.so', 'libmiddle.so', 'libown.so']);
  expect(closureOf(base, opened)).toEqual(['libbase.so']);
});

test('what is not among the modules is named, and who needs it', () => {
  expect(closureOf(middle, [middle])).toBe('it needs libbase.so, which is not among the modules known');
  expect(closureOf(upper, [upper, middle])).toBe(
    'libmiddle.so needs libbase.so, which is not among the modules known',
  );
});

test('a name that several modules have means none of them', () => {
  const other = lib('other/libbase.so', returning('base', 2));
  expect(closureOf(middle, [middle, base, other])).toBe(
    'it needs libbase.so, and several modules are called so',
  );
  expect(closureOf(upper, [upper, middle, other, base])).toBe(
    'libmiddle.so needs libbase.so, and several modules are called so',
  );
});

test('a module is called by its soname, the last part of its path, and its path', () => {
  const renamed = shop.library('file-name.so', returning('named'), '-nostdlib', '-Wl,-soname,so-name.so');
  const bare = shop.library('bare.so', returning('bare'), '-nostdlib');
  const bySoname = lib('libsoname.so', returning('one'), renamed);
  const byPath = lib('libpath.so', returning('two'), bare);
  expect(closureOf(bySoname, [bySoname, renamed])).toEqual(['libsoname.so', 'so-name.so']);
  expect(closureOf(byPath, [byPath, bare])).toEqual(['bare.so', 'libpath.so']);
});

test('modules that need each other', () => {
  const first = lib('libring.so', returning('ring'));
  const second = lib('libround.so', returning('round'), first);
  lib('libring.so', returning('ring'), second);
  expect(closureOf(first, [first, second])).toEqual(['libring.so', 'libround.so']);
  expect(closureOf(second, [first, second])).toEqual(['libring.so', 'libround.so']);
});

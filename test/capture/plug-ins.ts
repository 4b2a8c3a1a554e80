/** Compiles programs and plug-ins from a few lines of C each, into a folder that is gone after the file's tests. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

export const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'linkonce-opened-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Recipe {
  readonly flags?: readonly string[];
  /** Modules that it needs. */
  readonly needs?: readonly string[];
  readonly language?: 'c' | 'c++';
}

/** The path of the shared object. */
export function plugIn(name: string, source: string, recipe: Recipe = {}): string {
  return compile(`${name}.so`, source, recipe, ['-shared', '-fPIC']);
}

/** The path of the program. */
export function program(name: string, source: string, recipe: Recipe = {}): string {
  return compile(name, source, recipe, []);
}

function compile(name: string, source: string, recipe: Recipe, usual: readonly string[]): string {
  const { flags = [], needs = [], language = 'c' } = recipe;
  const output = path.join(folder, name);
  const input = `${output}.${language === 'c' ? 'c' : 'cc'}`;
  writeFileSync(input, source);
  const libraries = ['-Wl,--no-as-needed', ...needs, '-Wl,--as-needed', '-ldl'];
  execFileSync(language === 'c' ? 'cc' : 'c++', [
    '-O1',
    '-w',
    ...usual,
    ...flags,
    '-o',
    output,
    input,
    ...libraries,
  ]);
  return output;
}

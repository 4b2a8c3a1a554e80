/**
 * docs/pointers.md: its files are compiled as they stand there, and what it says of relocations, and of the instructions between a call through a
 * pointer and the function, is compared with what readelf and processes of every system and variant say. The process counts itself,
 * one trap for each instruction.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withPlaces } from '../../src/pagein/with-places.ts';
import { packageRoot } from '../../src/util/native.ts';
import { reasonToHandOver } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { allForms, Binder } from './bound-set.ts';
import { compile } from './compile.ts';

const page = readFileSync(path.join(packageRoot(), 'docs', 'pointers.md'), 'utf8');
const binder = new Binder();
const kinds = { pie: ['-pie', '-fPIE'], fixed: ['-no-pie', '-fno-pie'] } as const;
type Kind = keyof typeof kinds;
const programs = new Map<string, string>();

/** The file of that name in the page. */
function sourceOf(name: string): string {
  const [, source] =
    new RegExp('```c\\n/\\* ' + name.replace('.', '\\.') + ' \\*/\\n([^]*?)```').exec(page) ?? [];
  if (source === undefined) throw new Error(`docs/pointers.md has no ${name}`);
  return source;
}

beforeAll(() => {
  const uses = ['takes', 'calls', 'defines'].map((name) => {
    const flags = ['-nostdlib', '-Wl,-z,now'];
    const library = { name: `lib${name}.so`, flags, source: sourceOf(`lib${name}.c`) };
    programs.set(library.name, compile(binder.folder, library));
    return programs.get(library.name)!;
  });
  for (const [name, flags] of Object.entries(kinds))
    programs.set(
      name,
      compile(binder.folder, { name, uses, flags: [...flags, '-Wl,-z,now'], source: sourceOf('main.c') }),
    );
});
afterAll(() => {
  binder.remove();
});

/** Types and symbols. */
function relocationsOf(library: string): string[] {
  const text = execFileSync('readelf', ['-rW', programs.get(library)!], { encoding: 'utf8' });
  const rows = text.matchAll(/^[0-9a-f]{16} +[0-9a-f]+ (R_X86_64_\w+) +[0-9a-f]+(?: (\w+) \+ 0)?$/gm);
  return [...rows].map(([, type = '', symbol]) => [type, symbol].filter(Boolean).join(' ')).sort();
}

describe('relocations', () => {
  test('of who takes addresses: those of the table', () => {
    const stated = [...page.matchAll(/^\|.*\| `(R_X86_64_[^`]+)` +\|$/gm)].map(([, each = '']) => each);
    expect(stated).toHaveLength(3);
    expect(relocationsOf('libtakes.so')).toEqual([...stated].sort());
  });

  test('of who calls through a pointer: none', () => {
    expect(relocationsOf('libcalls.so')).toEqual([]);
  });
});

/** By variant, of the page's table: instructions between call and function. */
function statedFor(form: string, kind: Kind): number {
  const [system = '', variant = ''] = form.split(':');
  for (const [, name = '', variants = '', pie, fixed] of page.matchAll(
    /^\| `([a-z-]+)` +\| (.*?) +\| +(\d+) +\| +(\d+) +\|/gm,
  )) {
    const named = [...variants.matchAll(/`([a-z-]+)`/g)].map(([, each]) => each);
    if (name === system && (named.length === 0 || named.includes(variant)))
      return Number(kind === 'pie' ? pie : fixed);
  }
  throw new Error(`docs/pointers.md says nothing of ${form}`);
}

test('docs/claims.md has the fewest and the most of the table', () => {
  const claims = readFileSync(path.join(packageRoot(), 'docs', 'claims.md'), 'utf8');
  const [, ...stated] =
    /(\d+) instructions between call and function, (\d+) to (\d+) where an executable has fixed addresses/.exec(
      claims,
    ) ?? [];
  const numbersOf = (kind: Kind): number[] => allForms.map((form) => statedFor(form, kind));
  const fixed = numbersOf('fixed');
  expect(stated.map(Number)).toEqual([Math.max(...numbersOf('pie')), Math.min(...fixed), Math.max(...fixed)]);
});

describe.each(['pie', 'fixed'] as const)('%s', (kind) => {
  for (const form of allForms)
    test(form, async ({ skip }) => {
      const image = await binder.bind(programs.get(kind)!, form);
      const reason = reasonToHandOver(image);
      if (reason !== undefined) skip(reason);
      const env = { ...environment, ...image.environment, LINKONCE_DEBUG: '1' };
      const { stdout, stderr } = await withPlaces([image], () => runProgram(image.file, [], { env }));
      expect(stderr).toBe('');
      const lines = stdout.split('\n').filter((line) => !line.startsWith('at: '));
      expect(lines).toEqual([
        'equal: 1',
        `function itself: ${kind === 'pie' ? '1' : '0'}`,
        'result: 41',
        `instructions: ${String(statedFor(form, kind))}`,
        '',
      ]);
    });
});

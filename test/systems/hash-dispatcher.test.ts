/**
 * The hash dispatcher in processes whose names collide on purpose: inside a module, with a known dependency, and between two
 * libraries that do not know each other. Each function answers its own number, so that the output shows which ones were called.
 */
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { entriesOf } from '../../src/models/dispatcher-tables.ts';
import { Binder } from './bound-set.ts';
import { compile } from './compile.ts';
import { fnv1a } from './fnv.ts';
import type { NotedRun } from './noted-run.ts';
import { runNoted } from './noted-run.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});
const entries = entriesOf(0);

/** Two names with one hash in the first table. */
const first = 'function_0';
const second = Array.from({ length: 10_000 }, (_, index) => `function_${String(index + 1)}`).find(
  (name) => fnv1a(name) % entries === fnv1a(first) % entries,
)!;

/** Without start files: it imports what its source says, and nothing else. */
const alone = ['-nostdlib', '-Wl,-z,now'];

const run = (program: string, variant: string): Promise<NotedRun> =>
  runNoted(binder, program, `hash-dispatcher:${variant}`);

const folderOf = (name: string, variant: string): string => path.join(binder.folder, name, variant);

describe.each(['constant', 'movable'])('%s', (variant) => {
  test('two imports of one module: the second one is hashed again', async () => {
    const folder = folderOf('inside', variant);
    const library = compile(folder, {
      name: 'libboth.so',
      flags: alone,
      source: `int ${first}(int x) { return x + 1; }\nint ${second}(int x) { return x + 2; }`,
    });
    const program = compile(folder, {
      name: 'inside',
      uses: [library],
      source: `
        #include <stdio.h>
        int ${first}(int), ${second}(int);
        int main(void) { printf("%d %d\\n", ${first}(10), ${second}(20)); return 0; }`,
    });
    const { stdout, entries } = await run(program, variant);
    expect({ stdout, toldApart: entries.toldApart }).toEqual({ stdout: '11 22\n', toldApart: 0 });
    expect(entries.againInModule).toBeGreaterThanOrEqual(1);
  });

  test('with what a known dependency imports: avoided', async () => {
    const folder = folderOf('dependency', variant);
    const lower = compile(folder, {
      name: 'liblower.so',
      flags: alone,
      source: `int ${first}(int x) { return x + 1; }\nint ${second}(int x) { return x + 2; }`,
    });
    const upper = compile(folder, {
      name: 'libupper.so',
      flags: alone,
      uses: [lower],
      source: `int ${first}(int);\nint upper(int x) { return ${first}(x) + 100; }`,
    });
    const program = compile(folder, {
      name: 'dependency',
      uses: [upper, lower],
      source: `
        #include <stdio.h>
        int upper(int), ${second}(int);
        int main(void) { printf("%d %d\\n", upper(10), ${second}(20)); return 0; }`,
    });
    const { stdout, entries } = await run(program, variant);
    expect({ stdout, toldApart: entries.toldApart }).toEqual({ stdout: '111 22\n', toldApart: 0 });
    expect(entries.againForDependencies).toBeGreaterThanOrEqual(1);
  });

  test('between two libraries: the return address tells them apart, and jumps go as compiled', async () => {
    const folder = folderOf('between', variant);
    const users = [first, second].map((name, index) => {
      const defined = compile(folder, {
        name: `libdefined${index}.so`,
        flags: alone,
        source: `int ${name}(int x) { return x + ${index + 1}; }`,
      });
      return compile(folder, {
        name: `libuser${index}.so`,
        flags: [...alone, '-O2'],
        uses: [defined],
        source: `
          int ${name}(int);
          int calls${index}(int x) { return ${name}(x) * 10; }
          int jumps${index}(int x) { return ${name}(x); }`,
      });
    });
    const program = compile(folder, {
      name: 'between',
      uses: users,
      source: `
        #include <stdio.h>
        int calls0(int), calls1(int), jumps0(int), jumps1(int);
        int main(void) {
          for (int i = 0; i < 3; i++) printf("%d %d %d %d\\n", calls0(i), calls1(i), jumps0(i), jumps1(i));
          return 0;
        }`,
    });
    const { stdout, entries } = await run(program, variant);
    expect(stdout).toBe('10 20 1 2\n20 30 2 3\n30 40 3 4\n');
    expect(entries.toldApart).toBe(1);
  });

  test('the note says how full the tables are, and larger ones are taken for more imports', async () => {
    const folder = folderOf('many', variant);
    const names = Array.from({ length: 300 }, (_, index) => `many_${String(index)}`);
    const library = compile(folder, {
      name: 'libmany.so',
      flags: alone,
      source: names.map((name, index) => `int ${name}(int x) { return x + ${index}; }`).join('\n'),
    });
    const program = compile(folder, {
      name: 'many',
      uses: [library],
      source: `
        #include <stdio.h>
        ${names.map((name) => `int ${name}(int);`).join('\n')}
        int main(void) {
          int x = 0;
          ${names.map((name) => `x = ${name}(x);`).join('\n')}
          printf("%d\\n", x);
          return 0;
        }`,
    });
    const {
      stdout,
      entries: { used, room, imports, functions },
    } = await run(program, variant);
    expect(stdout).toBe(`${String((299 * 300) / 2)}\n`);
    // The program's own table of two pages, and the first one, which libc uses.
    expect(room).toBe(entriesOf(0) + entriesOf(1));
    expect(used).toBeGreaterThanOrEqual(names.length);
    expect(functions).toBeGreaterThanOrEqual(used);
    expect(imports).toBeGreaterThanOrEqual(functions);
  });
});

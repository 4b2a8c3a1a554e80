/** What programs of a store open with dlopen(3): learnt, kept, brought up to date. The programs say what they found. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { runProgram } from '../run-program.ts';
import { debugging, fromStore, placeAt, well, type Place } from './place.ts';

let place: Place;
beforeEach(() => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'linkonce-store-')));
  mkdirSync(path.join(folder, 'programs'));
  place = placeAt(folder, path.join(folder, 'store'));
});
afterEach(() => place.remove());

function compile(file: string, source: string, ...flags: readonly string[]): string {
  const output = place.program(file);
  execFileSync('cc', ['-x', 'c', '-', '-x', 'none', '-w', '-O1', '-o', `${output}.new`, ...flags], {
    input: source,
  });
  renameSync(`${output}.new`, output);
  return output;
}

/** Its tables lead to what the program has by these names. */
const plugIn = (file: string, answer: number): string =>
  compile(
    file,
    `extern const char *who(void); extern int number;
     const char *(*names[2048])(void) = { [0 ... 2047] = who };
     int *numbers[2048] = { [0 ... 2047] = &number };
     int answer(void) { return ${String(answer)}; }
     int (*answers[2048])(void) = { [0 ... 2047] = answer };`,
    '-shared',
    '-fPIC',
  );

/** Opens each argument and says what it finds there; how much of it is private says the kernel. */
const opener = (name: string, number: number): string =>
  compile(
    name,
    `#include <dlfcn.h>
     #include <stdio.h>
     char room[${String(number * 100_000)}];
     const char *who(void) { return "${name}"; }
     int number = ${String(number)};
     int main(int argc, char **argv) {
       for (int i = 1; i < argc; i++) {
         void *handle = dlopen(argv[i], RTLD_NOW);
         if (!handle) { puts("none"); continue; }
         const char *(**names)(void) = dlsym(handle, "names");
         int **numbers = dlsym(handle, "numbers"), (**answers)(void) = dlsym(handle, "answers");
         printf("%s %d %d\\n", names[2047](), *numbers[2047], answers[2047]());
       }
       return 0;
     }`,
    '-rdynamic',
  );

const run = (name: string, ...args: readonly string[]) =>
  runProgram(path.join(place.store, 'bin', name), args, { env: debugging });

test('two programs that bind the same module differently: each has its own words in it', async () => {
  const module = plugIn('plug.so', 7);
  await well(place.command('add', opener('one', 1), opener('two', 2), '--with', module));
  await fromStore(run('one', module), 'one 1 7\n');
  await fromStore(run('two', module), 'two 2 7\n');
  await well(place.command('reslide'));
  await fromStore(run('two', module), 'two 2 7\n');
});

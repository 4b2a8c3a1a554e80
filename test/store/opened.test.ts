/** What programs of a store open with dlopen(3): learnt, kept, brought up to date. The programs say what they found. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requireCatalogue, type StoredProgram } from '../../src/store/catalogue.ts';
import type { Listing } from '../../src/store/list.ts';
import { runProgram } from '../run-program.ts';
import { debugging, expectSound, failure, fromStore, placeAt, well, type Place } from './place.ts';

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

/** Opens each argument and says what it finds there, and whether its tables stand in a file of ours. */
const opener = (name: string, number: number, ...flags: readonly string[]): string =>
  compile(
    name,
    `#include <dlfcn.h>
     #include <stdio.h>
     #include <string.h>
     char room[${String(number * 100_000)}];
     const char *who(void) { return "${name}"; }
     int number = ${String(number)};
     static const char *stands(void *address) {
       unsigned long start, end;
       char line[8192];
       FILE *maps = fopen("/proc/self/maps", "r");
       while (fgets(line, sizeof line, maps))
         if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start <= (unsigned long)address && (unsigned long)address < end)
           return fclose(maps), strstr(line, "/store/files/") ? "prepared" : "stock";
       return "nowhere";
     }
     int main(int argc, char **argv) {
       for (int i = 1; i < argc; i++) {
         void *handle = dlopen(argv[i], RTLD_NOW);
         if (!handle) { puts("none"); continue; }
         const char *(**names)(void) = dlsym(handle, "names");
         int **numbers = dlsym(handle, "numbers"), (**answers)(void) = dlsym(handle, "answers");
         printf("%s %d %d %s\\n", names[2047](), *numbers[2047], answers[2047](), stands(&names[1024]));
       }
       return 0;
     }`,
    '-rdynamic',
    ...flags,
  );

const run = (name: string, ...args: readonly string[]) =>
  runProgram(path.join(place.store, 'bin', name), args, { env: debugging });

function stored(name: string): StoredProgram {
  const program = requireCatalogue(place.store).programs.find((each) => each.name === name);
  if (!program) throw new Error(`${name} is not in the store`);
  return program;
}

async function listing(): Promise<Listing> {
  return JSON.parse(await well(place.command('list', '--json'))) as Listing;
}

const opened = async (name: string) => {
  const { programs } = await listing();
  return programs.find((each) => each.name === name);
};

test('two programs that bind the same module differently: each has its own words in it', async () => {
  const module = plugIn('plug.so', 7);
  await well(place.command('add', opener('one', 1), opener('two', 2), '--with', module));
  const bothRun = async () => {
    await fromStore(run('one', module), 'one 1 7 prepared\n');
    await fromStore(run('two', module), 'two 2 7 prepared\n');
    await expectSound(place);
  };
  await bothRun();
  await well(place.command('reslide'));
  await bothRun();
});

test('learn: adds what a run opens to what is known, which stays until it is forgotten', async () => {
  const [first, second] = [plugIn('first.so', 7), plugIn('second.so', 8)];
  await well(place.command('add', opener('one', 1), '--learn', first));
  await fromStore(run('one', first, second), 'one 1 7 prepared\none 1 8 stock\n');
  expect(await well(place.command('learn', 'one', second))).toMatch(
    /^one: needs 3 modules; opens 2, all prepared\n[\d.]+ s\n$/,
  );
  expect(await well(place.command('learn', 'one', first))).toMatch(/^one: nothing new\n/);
  const bothPrepared = 'one 1 7 prepared\none 1 8 prepared\n';
  await fromStore(run('one', first, second), bothPrepared);
  expect(await well(place.command('update'))).toMatch(/^everything is up to date\n/);
  await well(place.command('add', place.program('one')));
  await fromStore(run('one', first, second), bothPrepared);
  await well(place.command('reslide'));
  await fromStore(run('one', first, second), bothPrepared);
  await expectSound(place);
  expect(stored('one').opened).toEqual([first, second]);
  await well(place.command('learn', '--forget', 'one'));
  await fromStore(run('one', first, second), 'one 1 7 stock\none 1 8 stock\n');
  expect(stored('one').opened).toEqual([]);
  await expectSound(place);
});

test('learn: by name, without a run', async () => {
  const module = compile('plug.so', 'int own = 7; int *table[2048] = { &own };', '-shared', '-fPIC');
  const fatal = compile('fatal', 'int main(void) { __builtin_trap(); }');
  await well(place.command('add', fatal));
  expect(await well(place.command('learn', '--with', module, 'fatal'))).toMatch(
    /^fatal: needs \d modules; opens 1/,
  );
  expect(await failure(place.command('learn', 'nothing'))).toBe('linkonce: nothing: is not in the store\n');
});

test('export: the other store prepares the same', async () => {
  const module = plugIn('plug.so', 7);
  await well(place.command('add', opener('one', 1), '--with', module));
  const copy = placeAt(place.folder, path.join(place.folder, 'copy', 'store'));
  mkdirSync(path.dirname(copy.store));
  await well(place.command('export', copy.store));
  await well(place.command('undo'));
  place = copy;
  await fromStore(run('one', module), 'one 1 7 prepared\n');
  await expectSound(place);
});

describe('update', () => {
  test('a library of the program replaced by an equal file: what it opens stays prepared', async () => {
    const module = plugIn('plug.so', 7);
    const library = compile('libneeded.so', 'int needed(void) { return 1; }', '-shared', '-fPIC');
    opener('one', 1, '-Wl,--no-as-needed', library);
    await well(place.command('add', place.program('one'), '--with', module));
    copyFileSync(library, `${library}.copy`);
    renameSync(`${library}.copy`, library);
    expect(await well(place.command('update'))).toMatch(/^only their files' identities changed: one\n/);
    await fromStore(run('one', module), 'one 1 7 prepared\n');
    await well(place.command('gc'));
    await fromStore(run('one', module), 'one 1 7 prepared\n');
    await expectSound(place);
  });

  test('a module that it opens: replaced by an equal one, by another one, gone', async () => {
    const [module, other] = [plugIn('plug.so', 7), plugIn('other.so', 8)];
    await well(place.command('add', opener('one', 1), '--with', module, '--with', other));
    copyFileSync(module, `${module}.copy`);
    renameSync(`${module}.copy`, module);
    await fromStore(run('one', other, module), 'one 1 8 prepared\none 1 7 stock\n');
    expect(await well(place.command('list', '--long'))).toContain(
      `opens 2: 1 prepared, 1 not\n${' '.repeat(21)}${module}: is another file now: \`store update\`\n`,
    );
    expect(await well(place.command('update'))).toMatch(
      `bound again: one (${module}, which it opens, was replaced)`,
    );
    await fromStore(run('one', module, other), 'one 1 7 prepared\none 1 8 prepared\n');
    plugIn('plug.so', 9);
    await fromStore(run('one', other, module), 'one 1 8 prepared\none 1 9 stock\n');
    expect(await well(place.command('update'))).toMatch(
      `bound again: one (${module}, which it opens, changed)`,
    );
    await fromStore(run('one', module, other), 'one 1 9 prepared\none 1 8 prepared\n');
    rmSync(module);
    expect(await well(place.command('update'))).toMatch(
      `bound again: one (${module}, which it opens, is gone)`,
    );
    await fromStore(run('one', module, other), 'none\none 1 8 prepared\n');
    expect(stored('one').opened).toEqual([other]);
    expect(await well(place.command('update'))).toMatch(/^everything is up to date\n/);
    await expectSound(place);
  });

  test('a module that cannot be read is not prepared, and is as soon as it can be', async () => {
    const module = plugIn('plug.so', 7);
    await well(place.command('add', opener('one', 1), '--with', module));
    const whole = readFileSync(module);
    writeFileSync(module, whole.subarray(0, 100));
    expect(await well(place.command('update'))).toMatch(
      `bound again: one (${module}, which it opens, changed)`,
    );
    expect(await opened('one')).toMatchObject({ opened: 1, unprepared: [{ path: module }] });
    const list = await well(place.command('list', '--long'));
    expect(list).toMatch(/opens 1, none prepared\n {21}\S+plug\.so: .*\n/);
    expect(await well(place.command('list'))).not.toContain('plug.so');
    await fromStore(run('one', module), 'none\n');
    expect(await well(place.command('update'))).toMatch(/^everything is up to date\n/);
    writeFileSync(module, whole);
    expect(await well(place.command('update'))).toMatch(
      `bound again: one (${module}, which it opens, can be read now)`,
    );
    expect(await opened('one')).toMatchObject({ opened: 1, unprepared: [] });
    await fromStore(run('one', module), 'one 1 7 prepared\n');
    await expectSound(place);
  });
});

test('a module that one program needs and another opens has one range, and runs in both', async () => {
  const module = plugIn('libplug.so', 7);
  opener('needs', 1, '-Wl,--no-as-needed', module);
  await well(place.command('add', opener('one', 2), '--with', module));
  await well(place.command('add', place.program('needs')));
  const { holdings } = requireCatalogue(place.store);
  expect(holdings.filter(({ key }) => key === module)).toHaveLength(1);
  await fromStore(run('one', module), 'one 2 7 prepared\n');
  expect((await run('needs', module)).stdout).toMatch(/^needs 1 7 /);
  await expectSound(place);
  await well(place.command('remove', 'needs'));
  await fromStore(run('one', module), 'one 2 7 prepared\n');
  await expectSound(place);
});

/** Where the program's name leads is asked at each start: names are symbolic links, and links are moved. */
import { cpSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bindProgram } from '../../src/pipeline.ts';
import { findSystem } from '../../src/systems/registry.ts';
import { expectHandOver, expectImage } from '../contract/workplace.ts';
import { environment } from '../programs/build.ts';
import { workshop } from '../program/workshop.ts';
import { runProgram } from '../run-program.ts';
import { isFiltered } from '../machine/filter.ts';

const shop = workshop();
const saying = (word: string) => `#include <stdio.h>\nint main(void) { puts("${word}"); return 0; }`;
shop.program('one', saying('one'));
shop.program('two', saying('two'));

let folder: string;
let rounds = 0;
beforeEach(() => {
  folder = path.join(shop.directory, `round-${String(rounds++)}`);
  mkdirSync(folder);
  for (const name of ['one', 'two']) cpSync(at('..', name), at(name));
});

function at(...names: readonly string[]): string {
  return path.join(folder, ...names);
}

/** The same for the workshop. */
function below(...names: readonly string[]): string {
  return path.relative(shop.directory, at(...names));
}

function move(link: string, text: string): void {
  symlinkSync(text, `${link}.new`);
  renameSync(`${link}.new`, link);
}

async function bind(program: string, asInterpreter = false): Promise<string> {
  const system = findSystem('image');
  if (!system) throw new Error('there is no system image');
  const output = at('launcher');
  await bindProgram(program, { system, variant: 'single', output, asInterpreter });
  return output;
}

const start = (file: string) => runProgram(file, [], { env: { ...environment, LINKONCE_DEBUG: '1' } });

test('a link of the name of the program', async () => {
  symlinkSync('one', at('tool'));
  const launcher = await bind(at('tool'));
  expectImage(await start(launcher), 'one\n');
  move(at('tool'), 'two');
  expectHandOver(await start(launcher), 'two\n');
  move(at('tool'), 'one');
  expectImage(await start(launcher), 'one\n');
});

test('a link to a link, as of update-alternatives', async () => {
  mkdirSync(at('alternatives'));
  symlinkSync('../one', at('alternatives', 'tool'));
  symlinkSync('alternatives/tool', at('tool'));
  const launcher = await bind(at('tool'));
  expectImage(await start(launcher), 'one\n');
  move(at('alternatives', 'tool'), '../two');
  expectHandOver(await start(launcher), 'two\n');
});

test('a folder on the way that is a link', async () => {
  for (const [release, program] of [['v1', 'one'] as const, ['v2', 'two'] as const]) {
    mkdirSync(at(release));
    cpSync(at(program), at(release, 'tool'));
  }
  symlinkSync('v1', at('current'));
  const launcher = await bind(at('current', 'tool'));
  expectImage(await start(launcher), 'one\n');
  move(at('current'), 'v2');
  expectHandOver(await start(launcher), 'two\n');
});

test('a library that is found by a link', async () => {
  const library = (file: string, word: string) =>
    shop.library(below(file), `const char *word(void) { return "${word}"; }`, '-Wl,-soname,libw.so.1');
  library('libw.so.1.0', 'one');
  library('libw.so.1.1', 'two');
  symlinkSync('libw.so.1.0', at('libw.so.1'));
  const program = shop.program(
    below('user'),
    '#include <stdio.h>\nconst char *word(void); int main(void) { puts(word()); return 0; }',
    at('libw.so.1'),
    '-Wl,-rpath,$ORIGIN',
  );
  const launcher = await bind(program);
  expectImage(await start(launcher), 'one\n');
  move(at('libw.so.1'), 'libw.so.1.1');
  expectHandOver(await start(launcher), 'two\n');
});

const noLinks = 'system calls are filtered here: launchers of programs with several names hand over';

describe('releases that share unchanged files by hard links', () => {
  /** One program in two folders, each with a library of its own. */
  function release(name: string, word: string): void {
    shop.library(
      below(name, 'libw.so'),
      `const char *word(void) { return "${word}"; }`,
      '-Wl,-soname,libw.so',
    );
    if (name === 'v1')
      shop.program(
        below('v1', 'tool'),
        '#include <stdio.h>\nconst char *word(void); int main(void) { puts(word()); return 0; }',
        at('v1', 'libw.so'),
        '-Wl,-rpath,$ORIGIN',
      );
    else linkSync(at('v1', 'tool'), at(name, 'tool'));
  }

  test.for<[string, boolean]>([
    ['both there at bind', true],
    ['the second comes later', false],
  ])('%s', async ([, before], { skip }) => {
    if (before && isFiltered) skip(noLinks);
    release('v1', 'one');
    if (before) release('v2', 'two');
    symlinkSync('v1', at('current'));
    const launcher = await bind(at('current', 'tool'));
    expectImage(await start(launcher), 'one\n');
    if (!before) release('v2', 'two');
    move(at('current'), 'v2');
    expectHandOver(await start(launcher), 'two\n');
  });
});

test('a launcher that takes the place of the link runs from its image', async ({ skip }) => {
  if (isFiltered) skip(noLinks);
  symlinkSync('one', at('tool'));
  linkSync(at('one'), at('also-one'));
  const launcher = await bind(at('tool'));
  rmSync(at('tool'));
  linkSync(launcher, at('tool'));
  expectImage(await start(at('tool')), 'one\n');
});

describe('a copy of the program that is started by the loader', () => {
  test('starts what the name leads to now, not the program that it holds', async () => {
    symlinkSync('one', at('tool'));
    const copy = await bind(at('tool'), true);
    expectImage(await start(copy), 'one\n');
    move(at('tool'), 'two');
    expectHandOver(await start(copy), 'two\n');
  });

  test('starts the program of now', async () => {
    const copy = await bind(at('one'), true);
    cpSync(at('two'), at('one'));
    expectHandOver(await start(copy), 'two\n');
  });

  test('is the program where it stands in its place, or the program is gone', async () => {
    const copy = await bind(at('one'), true);
    rmSync(at('one'));
    expectHandOver(await start(copy), 'one\n');
    renameSync(copy, at('one'));
    expectHandOver(await start(at('one')), 'one\n');
  });
});

test('the launcher says which file is another one', async () => {
  symlinkSync('one', at('tool'));
  const launcher = await bind(at('tool'));
  move(at('tool'), 'two');
  expect((await start(launcher)).stderr).toContain(`${at('tool')} is not as at bind`);
});

/** Modules that ld.so opens for us in a process of the program. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { captureOpened, listOpened } from '../../src/capture/capture-opened.ts';
import { chooseMechanism, doesFire, mechanisms } from '../../src/capture/stop-point.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { folder, plugIn, program } from './plug-ins.ts';

afterEach(() => chooseMechanism(undefined));

const mark = path.join(folder, 'constructor-ran');
/** A constructor that leaves a file, and ends the process. */
const fatal = `
  #include <fcntl.h>
  #include <stdlib.h>
  static void fatal(void) { open("${mark}", O_CREAT | O_WRONLY, 0644); abort(); }`;

const needed = plugIn(
  'needed',
  `${fatal} __attribute__((constructor)) static void c(void) { fatal(); } int f(void) { return 1; }`,
);
const main = program('main', 'int f(void); int main(void) { return f(); }', { needs: [needed] });
const dependency = plugIn(
  'dependency',
  `${fatal} __attribute__((constructor)) static void c(void) { fatal(); } int g(void) { return 1; }`,
);
const constructors = plugIn(
  'constructors',
  `${fatal}
  int f(void), g(void);
  int touched = 7;
  int *pointer = &touched;
  __attribute__((constructor(101))) static void first(void) { touched = 8; fatal(); }
  __attribute__((constructor)) static void second(void) { touched = 9; fatal(); }
  void by_tag(void) { touched = 10; fatal(); }
  int (*calls[])(void) = { f, g };`,
  { flags: ['-Wl,-init=by_tag'], needs: [needed, dependency] },
);

describe.each(mechanisms)('stopped by %s', (mechanism) => {
  test('no constructor runs, neither of an opened module nor of one that the program needs', ({ skip }) => {
    if (!doesFire(mechanism)) skip(`this machine has no stop by ${mechanism}`);
    chooseMechanism(mechanism);
    const { modules, failed } = captureOpened(loadProgram(main), [constructors]);
    expect(failed).toEqual([]);
    expect(modules.map((module) => module.path)).toEqual([constructors, dependency]);
    expect(existsSync(mark)).toBe(false);
  });
});

test('what cannot be opened is named with the reason, and the rest is opened', () => {
  const missing = path.join(folder, 'missing.so');
  const unresolved = plugIn('unresolved', 'extern int nowhere; int *p = &nowhere;');
  expect(listOpened(loadProgram(main), [missing, unresolved, constructors])).toEqual({
    modules: [constructors, dependency],
    failed: [
      { path: missing, reason: `${missing}: cannot open shared object file: No such file or directory` },
      { path: unresolved, reason: `${unresolved}: undefined symbol: nowhere` },
    ],
  });
});

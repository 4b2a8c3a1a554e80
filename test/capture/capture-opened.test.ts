/** Modules that ld.so opens for us in a process of the program. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Tracee } from '../../src/capture/ptrace.ts';
import { captureOpened, listOpened } from '../../src/capture/capture-opened.ts';
import { chooseMechanism, doesFire, mechanisms } from '../../src/capture/stop-point.ts';
import { PT } from '../../src/elf/constants.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { programs, testProgram } from '../programs/build.ts';
import { folder, plugIn, program } from './plug-ins.ts';

afterEach(() => {
  chooseMechanism(undefined);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

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

test('a module that needs names of other modules than those that it says is opened behind them', () => {
  const provider = plugIn('provider', 'int provided = 1;');
  const between = plugIn('between', 'extern int provided; int *between = &provided;');
  const user = plugIn(
    'user',
    'extern int provided, *between; int *used[] = { &provided }, **via[] = { &between };',
  );
  const { modules, failed } = captureOpened(loadProgram(main), [user, between, provider]);
  expect(failed).toEqual([]);
  expect(modules.map((module) => module.path)).toEqual([provider, between, user]);
});

test('a name is found where the executable would find it; `..` behind a link leads where the link does', () => {
  const inner = path.join(folder, 'elsewhere', 'inner');
  mkdirSync(inner, { recursive: true });
  symlinkSync(inner, path.join(folder, 'way'));
  const outer = plugIn('elsewhere/outer', 'int outer(void) { return 1; }', {
    flags: ['-Wl,-soname,outer.so'],
  });
  const root = plugIn('root', 'int outer(void); int root(void) { return outer(); }', {
    needs: [outer],
    flags: ['-Wl,-rpath,$ORIGIN/way/..'],
  });
  const flags = [`-Wl,-rpath,${folder}`];
  const finder = program('finder', 'int main(void) { return 0; }', { flags });
  expect(listOpened(loadProgram(finder), ['root.so'])).toEqual({
    modules: [root, `${folder}/way/../outer.so`],
    failed: [],
  });
});

test('who never returns, crashes or exits is named, and the rest is opened', () => {
  const resolver = (name: string, body: string): string =>
    plugIn(
      name,
      `static void *choose(void) { ${body} }
      int chosen(void) __attribute__((ifunc("choose")));
      int (*pointer)(void) = chosen;`,
    );
  const hangs = resolver('hangs', 'for (;;) ;');
  const crashes = resolver('crashes', 'return *(void *volatile *)8;');
  const exits = resolver('exits', '__asm__("syscall" :: "a"(60), "D"(0)); return 0;');
  const traps = resolver('traps', '__asm__("int3"); return 0;');
  const { modules, failed } = captureOpened(
    loadProgram(main),
    [hangs, crashes, constructors, exits, traps],
    2000,
  );
  expect(modules.map((module) => module.path)).toEqual([constructors, dependency]);
  expect(failed).toEqual([
    { path: hangs, reason: 'opening it takes longer than 2 s' },
    { path: crashes, reason: 'opening it ends the process by signal 11' },
    { path: exits, reason: 'opening it ends the process' },
    { path: traps, reason: 'opening it ends the process by signal 5' },
  ]);
});

test('a program without dlopen opens nothing', () => {
  const program = loadProgram(main);
  const modules = program.modules.filter(({ name }) => !/^lib(c|dl)\./.test(name));
  const without = { ...program, modules };
  expect(captureOpened(without, [constructors])).toEqual({
    modules: [],
    loadBiases: new Map(),
    failed: [{ path: constructors, reason: expect.stringContaining('has no dlopen') as string }],
  });
});

test('where ld.so’s notice is missed, and constructors have run, nothing is taken', ({ skip }) => {
  if (!doesFire('debug-register')) skip('this machine has no stop by debug-register');
  chooseMechanism('debug-register');
  const counts = plugIn(
    'counts',
    'static int count; __attribute__((constructor)) static void c(void) { count++; }',
  );
  const name = 'setDebugRegister';
  const set = Object.getOwnPropertyDescriptor(Tracee.prototype, name)!.value as Tracee[typeof name];
  let asked = 0;
  vi.spyOn(Tracee.prototype, name).mockImplementation(function (this: Tracee, index, value) {
    // The handoff point's two registers, and that it is gone, are the kernel's; what comes then never fires.
    return ++asked > 3 || set.call(this, index, value);
  });
  expect(captureOpened(loadProgram(main), [counts])).toEqual({
    modules: [],
    loadBiases: new Map(),
    failed: [
      { path: counts, reason: 'its dynamic linker does not tell debuggers of the modules that it opens' },
    ],
  });
});

test('variables of this process’s linker do not reach the program; its own do', () => {
  const preloaded = plugIn('preloaded', 'int preloaded = 1;');
  vi.stubEnv('LD_PRELOAD', path.join(folder, 'absent.so'));
  const plain = listOpened(loadProgram(main), [preloaded]);
  expect(plain).toEqual({ modules: [preloaded], failed: [] });
  const program = loadProgram(main, { variables: [`LD_PRELOAD=${preloaded}`] });
  expect(listOpened(program, [preloaded])).toEqual({ modules: [], failed: [] });
});

test('a module by two paths is one, and has the path that the program has for it', () => {
  const link = path.join(folder, 'link.so');
  symlinkSync(constructors, link);
  const program = loadProgram(main, { opened: [link] });
  const { modules, failed } = captureOpened(program, [constructors, link]);
  expect(failed).toEqual([]);
  expect(modules.map((module) => module.path)).toEqual([link, dependency]);
});

test('load biases are those of all modules of the program', () => {
  const program = loadProgram(main);
  const { loadBiases } = captureOpened(program, [constructors]);
  expect([...loadBiases.keys()].sort()).toEqual(program.modules.map((module) => module.path).sort());
});

test('not even the array of constructors that only an executable should have is run', () => {
  const file = plugIn('early', `${fatal} __attribute__((constructor)) static void c(void) { fatal(); }`);
  const { elf } = loadProgram(main, { opened: [file] }).opened[0]!;
  const { offset } = elf.segments.find(({ type }) => type === PT.DYNAMIC)!;
  const bytes = Buffer.from(elf.bytes);
  elf.dynamic!.entries.forEach(({ tag }, index) => {
    // DT_INIT_ARRAY and DT_INIT_ARRAYSZ become DT_PREINIT_ARRAY and DT_PREINIT_ARRAYSZ.
    const early = { 25: 32, 27: 33 }[tag];
    if (early !== undefined) bytes.writeUInt32LE(early, offset + index * 16);
  });
  writeFileSync(file, bytes);
  expect(listOpened(loadProgram(main), [file])).toEqual({ modules: [file], failed: [] });
  expect(existsSync(mark)).toBe(false);
});

test.for([
  ['without PIE', ['-no-pie']],
  ['with code and headers in one segment', ['-Wl,-z,noseparate-code']],
  ['with an executable stack', ['-Wl,-z,execstack']],
  ['bound at once', ['-Wl,-z,now']],
] as const)('a program %s', ([, flags]) => {
  const program_ = program(`form${flags[0]}`, 'int f(void); int main(void) { return f(); }', {
    needs: [needed],
    flags,
  });
  const { modules, failed } = captureOpened(loadProgram(program_), [constructors]);
  expect([modules.map((module) => module.path), failed]).toEqual([[constructors, dependency], []]);
});

test('musl’s dlopen is not called', ({ skip }) => {
  const musl = programs.find(({ libc }) => libc === 'musl');
  if (musl === undefined) return skip('there is no compiler for musl');
  const reason = expect.stringContaining('musl') as string;
  expect(listOpened(loadProgram(testProgram(musl.name).path), [constructors])).toEqual({
    modules: [],
    failed: [{ path: constructors, reason }],
  });
});

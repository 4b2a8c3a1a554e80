/** What a program opens is learnt from a run of it; the program says itself which modules it loaded. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { learnOpened } from '../../src/capture/learn-opened.ts';
import { runLimited } from '../../src/capture/limited-run.ts';
import { loadProgram } from '../../src/program/load-program.ts';
import { LinkonceError } from '../../src/util/errors.ts';
import { patienceMs } from '../patience.ts';
import { folder, plugIn, program } from './plug-ins.ts';

/** A word an argument: what the program does next. The whole word behind the letter is a path. */
const source = `
  #define _GNU_SOURCE
  #include <dlfcn.h>
  #include <fcntl.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #include <signal.h>
  #include <sys/wait.h>
  #include <unistd.h>
  static void *last;
  static int act(int argc, char **argv, int at) {
    const char *value = argv[at] + 1;
    switch (argv[at][0]) {
    case 'o': last = dlopen(value, RTLD_NOW); return 0;
    case 'l': last = dlopen(value, RTLD_LAZY | RTLD_GLOBAL); return 0;
    case 'm': dlmopen(LM_ID_NEWLM, value, RTLD_NOW); return 0;
    case 'n': dlopen(value, RTLD_NOW | RTLD_NOLOAD); return 0;
    case 'c': if (last) dlclose(last); return 0;
    case 'd': return chdir(value);
    case 'f': { int pid = fork(); if (pid == 0) return 0; waitpid(pid, 0, 0); exit(0); }
    case 'x': execv("/proc/self/exe", (char *[]){ argv[0], argv[at + 1], 0 }); return 1;
    case 'e': execl("/bin/sh", "sh", "-c", value, (char *)0); return 1;
    case 's': { int pid = fork(); if (pid == 0) { execl("/bin/sh", "sh", "-c", value, (char *)0); } waitpid(pid, 0, 0); return 0; }
    case 'k': for (int i = 3; i < 1024; i++) close(i); return 0;
    case 'w': for (int i = 0; i < 300; i++) open(value, O_CREAT | O_WRONLY | O_APPEND, 0644); return 0;
    case 'r': unlink(value); return 0;
    case 'p': { FILE *file = fopen(value, "w"); fprintf(file, "%d", (int)getpid()); fclose(file); return 0; }
    case 'i': signal(SIGTERM, SIG_IGN); return 0;
    case 'z': for (;;) pause();
    case 'a': abort();
    }
    return atoi(argv[at]);
  }
  int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) { int status = act(argc, argv, at); if (status) return status; }
    return 0;
  }`;

const needed = plugIn('needed', 'int f(void) { return 1; }');
const file = program('main', `int f(void);${source}`, { needs: [needed], flags: ['-Wl,--no-as-needed'] });
const shared = plugIn('shared', 'int g(void) { return 1; }', { flags: ['-nostartfiles'] });
const first = plugIn('first', 'int g(void); int h(void) { return g(); }', { needs: [shared, needed] });
const second = plugIn('second', 'int g(void); int i(void) { return g(); }', { needs: [shared] });
const nesting = plugIn(
  'nesting',
  `#include <dlfcn.h>
  __attribute__((constructor)) static void c(void) { dlopen("${second}", RTLD_NOW); }`,
);
const unresolved = plugIn('unresolved', 'extern int nowhere; int *p = &nowhere;');

const seconds = 60;
const learn = (...args: readonly string[]) => learnOpened(loadProgram(file), { args, seconds });
const modules = async (...args: readonly string[]) => (await learn(...args)).modules;
const pathOf = (name: string) => path.join(folder, name);

describe('which modules', () => {
  test('of a program whose modules need nearly all room for thread-local variables, of which auditing takes', async () => {
    const large = plugIn(
      'large-tls',
      '__thread __attribute__((tls_model("initial-exec"))) char large[2600]; char *f(void) { return large; }',
    );
    const user = program('tls-user', `char *f(void); char *unused(void) { return f(); }${source}`, {
      needs: [large],
      flags: ['-Wl,--no-as-needed'],
    });
    expect(await learnOpened(loadProgram(user), { args: [`o${shared}`], seconds })).toEqual({
      modules: [shared],
      again: 0,
      fault: undefined,
    });
  });

  test('roots and what they need, in the order of loading, each once; none that the program starts with', async () => {
    expect(await learn(`o${first}`, `l${second}`, `o${first}`, `o${needed}`)).toEqual({
      modules: [first, shared, second],
      again: 0,
      fault: undefined,
    });
    expect(await modules(`o${second}`, `o${first}`)).toEqual([second, shared, first]);
  });

  test('those that a constructor opens', async () => {
    expect(await modules(`o${nesting}`)).toEqual([nesting, second, shared]);
  });

  test('nothing that was not loaded: another namespace, NOLOAD, what is not there or lacks a symbol', async () => {
    expect(await modules(`m${first}`, `n${first}`, `o${pathOf('none.so')}`, `o${unresolved}`)).toEqual([]);
  });

  test('also what is closed again', async () => {
    expect(await modules(`o${first}`, 'c', `o${second}`, 'c')).toEqual([first, shared, second]);
  });

  test('a file by two names is one, one by a relative path is where the program was, one that is gone is none', async () => {
    const [link, gone] = [pathOf('link.so'), pathOf('gone.so')];
    symlinkSync(first, link);
    writeFileSync(gone, readFileSync(shared));
    expect(await modules(`d${folder}`, 'o./first.so', `o${link}`, `o${gone}`, `r${gone}`)).toEqual([
      pathOf('./first.so').replace('/first', '/./first'),
      shared,
    ]);
  });
});

describe('whose', () => {
  test('of the program that executes itself again, and of a child without exec', async () => {
    expect(await learn(`o${first}`, 'x', `o${second}`)).toMatchObject({
      modules: [first, shared, second],
      again: 1,
    });
    expect(await modules('f', `o${second}`)).toEqual([second, shared]);
  });

  test('not of other programs that it starts, or becomes', async () => {
    const other = program('other', source);
    const open = `${other} o${second}`;
    expect(await modules(`o${first}`, `s${open}`)).toEqual([first, shared]);
    expect(await modules(`o${first}`, `e${open}`)).toEqual([first, shared]);
  });

  test('of one that closes descriptors that it does not know; its own files stay as they are', async () => {
    const own = pathOf('own');
    expect(await modules('k', `w${own}`, `o${first}`)).toEqual([first, shared]);
    expect(readFileSync(own, 'utf8')).toBe('');
  });
});

/** Nobody may have asked yet how it ended. */
function isRunning(pid: string): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s[ZX]/m.test(readFileSync(status, 'utf8'));
}

describe('the run', () => {
  test('how it failed', async () => {
    expect(await learn(`o${first}`, '3')).toEqual({
      modules: [first, shared],
      again: 0,
      fault: 'ended with status 3',
    });
    expect(await learn(`o${first}`, 'a')).toEqual({
      modules: [first, shared],
      again: 0,
      fault: 'was ended by SIGABRT',
    });
  });

  test('one that does not end is ended, also where it does not want to, and is no failure', async () => {
    const pid = pathOf('pid');
    const args = [`o${first}`, `p${pid}`, 'i', 'z'];
    expect(await learnOpened(loadProgram(file), { args, seconds: 1 })).toEqual({
      modules: [first, shared],
      again: 0,
      fault: undefined,
    });
    expect(existsSync(`/proc/${readFileSync(pid, 'utf8')}`)).toBe(false);
  });

  test('children that it did not wait for end with it', async () => {
    const pid = pathOf('child');
    await learn(`sexec sleep 1000 & echo $! > ${pid}`);
    await expect.poll(() => isRunning(readFileSync(pid, 'utf8').trim()), { timeout: patienceMs }).toBe(false);
  });

  test('stopped by a person: the program is ended, and nothing is left', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('linkonce-learn-'));
    const controller = new AbortController();
    const pid = pathOf('stopped');
    const args = [`p${pid}`, `s kill -USR1 ${process.pid}`, 'z'];
    process.once('SIGUSR1', () => controller.abort());
    const run = learnOpened(loadProgram(file), { args, seconds, stop: controller.signal });
    await expect(run).rejects.toThrow(new LinkonceError(`${file}: its run was stopped`));
    expect(existsSync(`/proc/${readFileSync(pid, 'utf8')}`)).toBe(false);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('linkonce-learn-'));
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  test('with the variables of the linker that the program is for, and no others', async () => {
    const by = program('by-path', source);
    const variables = [`LD_LIBRARY_PATH=${folder}`];
    const run = { args: ['osecond.so'], seconds };
    expect((await learnOpened(loadProgram(by, { variables }), run)).modules).toEqual([second, shared]);
    expect((await learnOpened(loadProgram(by), run)).modules).toEqual([]);
  });

  test('what cannot be started', async () => {
    const run = { file: pathOf('nothing'), args: [], environment: {}, seconds };
    await expect(runLimited(run)).rejects.toThrow(`${pathOf('nothing')}: cannot be started (ENOENT)`);
  });
});

test('an auditor of ours changes nothing for programs that are not watched', () => {
  const { stdout, stderr, status } = spawnSync('/bin/echo', ['hello'], {
    encoding: 'utf8',
    env: { LD_AUDIT: path.join(process.cwd(), 'build/native/watcher.so') },
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: 'hello\n', stderr: '', status: 0 });
});

/**
 * The dispatcher. That every call between modules enters it is judged by its own count (variant `count`), against a count of
 * another kind: the same program bound without any change of its calls (image:partitions) is executed instruction by
 * instruction from its handoff point to its exit, and each jump or call through a GOT slot (by readelf's relocations) that
 * lands in another module (by the places of the modules) counts. Neither knows of stubs, numbers or call sites.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { counterAddress } from '../../src/systems/dispatcher/dispatcher-calls.ts';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { Binder, syntheticSet } from './bound-set.ts';
import { compile } from './compile.ts';
import { atExit } from './smaps.ts';
import { stepCalls } from './stepped-calls.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
});

describe('the counter has as many calls as a stepped process makes', () => {
  test.each([
    ['through PLT slots', true],
    ['through GOT slots', false],
  ])('%s', async (_, plt) => {
    const size = { modules: 5, functions: 6, imports: 20, shape: 'tree', references: ['calls'] } as const;
    const { executable } = await syntheticSet({ ...size, plt });
    const counted = await atExit(await binder.bind(executable, 'dispatcher:count'), (tracee) =>
      Number(tracee.readWord(counterAddress)),
    );
    const { calls, instructions } = stepCalls(await binder.bind(executable, 'image:partitions'));
    expect(instructions).toBeGreaterThan(1000);
    // The two modules that use others import 20 times each.
    expect(calls).toBeGreaterThan(40);
    expect(counted).toBe(calls);
  });

  test('of a program that enters its libraries by jumps, back and through pointers', async () => {
    const folder = `${binder.folder}/jumps`;
    const library = compile(folder, {
      name: 'libjumps.so',
      flags: ['-O2'],
      source: `
        int in_main(int x);
        int tail(int x) { return in_main(x + 1); }
        int maybe(int x) { return x > 3 ? in_main(x) : 0; }
        int own(int x) { return tail(x) + maybe(x); }`,
    });
    const program = compile(folder, {
      name: 'jumps',
      flags: ['-O2', '-rdynamic', '-fno-builtin'],
      uses: [library],
      source: `
        #include <stdio.h>
        #include <string.h>
        int tail(int), maybe(int), own(int);
        int in_main(int x) { return 2 * x; }
        int main(int argc, char **argv) {
          int (*volatile pointer)(int) = tail;
          char text[9];
          int sum = 0;
          for (int i = 0; i < 7; i++) sum += tail(i) + maybe(i) + own(i) + pointer(i);
          strcpy(text, "12345");
          printf("%d %zu\\n", sum, strlen(text));
          return 0;
        }`,
    });
    const counted = await atExit(await binder.bind(program, 'dispatcher:count'), (tracee) =>
      Number(tracee.readWord(counterAddress)),
    );
    expect(counted).toBe(stepCalls(await binder.bind(program, 'image:partitions')).calls);
  });
});

const debugging = { ...environment, LINKONCE_DEBUG: '1' };

describe('trap', () => {
  test('a program that takes and blocks all signals still calls', async () => {
    const program = compile(`${binder.folder}/signals`, {
      name: 'signals',
      flags: ['-pthread', '-fno-builtin'],
      source: takesAllSignals,
    });
    const { file } = await binder.bind(program, 'dispatcher:trap');
    const stock = await runProgram(program, [], { env: debugging });
    expect(stock).toMatchObject({ status: 0, stderr: '' });
    expect(await runProgram(file, [], { env: debugging })).toEqual(stock);
  });

  test('an undefined instruction of its own ends it, as under the platform’s linker', async () => {
    const program = compile(`${binder.folder}/undefined`, {
      name: 'undefined',
      source: `
        #include <stdio.h>
        int main(void) { puts("before"); fflush(stdout); __asm__("ud2"); puts("behind"); }`,
    });
    const { file } = await binder.bind(program, 'dispatcher:trap');
    const stock = await runProgram(program, [], { env: debugging });
    expect(stock).toEqual({ stdout: 'before\n', stderr: '', status: null, signal: 'SIGILL' });
    expect(await runProgram(file, [], { env: debugging })).toEqual(stock);
  });

  test('a program that is started with the signal blocked, or ignored', async () => {
    const program = compile(`${binder.folder}/blocked`, {
      name: 'blocked',
      source: '#include <stdio.h>\nint main(void) { return puts("called") < 0; }',
    });
    const { file } = await binder.bind(program, 'dispatcher:trap');
    const starts = ['signal.pthread_sigmask(0, [4])', 'signal.signal(4, signal.SIG_IGN)'].map(
      (how) => `import os, signal, sys; ${how}; os.execv(sys.argv[1], sys.argv[1:])`,
    );
    for (const start of starts)
      expect(await runProgram('python3', ['-c', start, file], { env: debugging })).toEqual({
        ...{ stdout: 'called\n', stderr: '', status: 0, signal: null },
      });
  });
});

const takesAllSignals = `
  #include <pthread.h>
  #include <signal.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  #include <sys/wait.h>
  #include <unistd.h>

  static void taken(int number) { (void)number; }
  static void *run(void *text) {
    char copy[64];
    snprintf(copy, sizeof copy, "%s, %zu", (char *)text, strlen(text));
    return strdup(copy);
  }
  static void handler(int number) { write(1, "handled\\n", 8); }
  int main(void) {
    struct sigaction action = {0};
    action.sa_handler = taken;
    sigfillset(&action.sa_mask);
    printf("%d\\n", sigaction(SIGILL, &action, NULL));
    printf("%d\\n", signal(SIGILL, taken) == SIG_ERR);
    sigset_t all;
    sigfillset(&all);
    sigaddset(&all, SIGILL);
    printf("%d\\n", sigprocmask(SIG_BLOCK, &all, NULL));
    printf("%d\\n", pthread_sigmask(SIG_SETMASK, &all, NULL));
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run, "in a thread");
    for (int i = 0; i < 4; i++) {
      void *text;
      pthread_join(threads[i], &text);
      puts(text);
      free(text);
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      puts("in the child");
      exit(7);
    }
    int status;
    waitpid(child, &status, 0);
    printf("%d\\n", WEXITSTATUS(status));
    fflush(stdout);
    action.sa_handler = handler;
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    raise(SIGUSR1);
    return system("echo in a shell");
  }`;

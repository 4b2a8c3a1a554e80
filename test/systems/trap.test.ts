/** The dispatcher entered by a trap: the signal is the system's, and nothing that a program does with signals takes it away. */
import { afterAll, describe, expect, test } from 'vitest';
import { environment } from '../programs/build.ts';
import { runProgram } from '../run-program.ts';
import { Binder } from './bound-set.ts';
import { compile } from './compile.ts';

const binder = new Binder();
afterAll(() => {
  binder.remove();
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

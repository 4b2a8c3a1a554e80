/**
 * A program that executes calls between modules one instruction at a time (the trap flag, Intel SDM volume 3, _Single-Stepping_),
 * and takes its own stack at each of them, in the handler of SIGTRAP, as a profiler would in that of a timer: but at every
 * instruction, and without chance. Each line: a call, and at how many of its instructions the stack did not lead to `main`.
 */
import { entriesOf } from '../../src/models/dispatcher-tables.ts';
import { compile } from './compile.ts';
import { fnv1a } from './fnv.ts';

/** Two names with one hash: two libraries that do not know each other call a function each. */
const [one, size] = ['function_0', entriesOf(0)];
const other = Array.from({ length: 10_000 }, (_, index) => `function_${String(index + 1)}`).find(
  (name) => fnv1a(name) % size === fnv1a(one) % size,
)!;

/** `flags`: of program and libraries. Returns the program's path. */
export function compileUnwindProgram(folder: string, flags: readonly string[]): string {
  const common = ['-O2', '-fno-builtin', ...flags];
  const lower = compile(folder, {
    name: 'liblower.so',
    flags: common,
    source: 'int lower(int x) { return x + 1; }',
  });
  const upper = compile(folder, {
    name: 'libupper.so',
    flags: common,
    uses: [lower],
    source: `
      int lower(int);
      int upper(int x) { return lower(x) * 2; }
      int tail(int x) { return lower(x + 1); }`,
  });
  const alone = [...common, '-nostdlib'];
  const users = [one, other].map((name, index) => {
    const text = `int ${name}(int x) { return x + 1; }`;
    const defined = compile(folder, { name: `libdefined${index}.so`, flags: alone, source: text });
    const call = `int ${name}(int); int user${index}(int x) { return ${name}(x) * 10; }`;
    return compile(folder, { name: `libuser${index}.so`, flags: alone, uses: [defined], source: call });
  });
  // What main pushes by hand is known to no table: its frame must not hang on the stack pointer.
  const own = [...common, '-mno-red-zone', '-fno-omit-frame-pointer', '-fexceptions', '-rdynamic'];
  return compile(folder, { name: 'unwind', flags: own, uses: [upper, lower, ...users, '-lgcc_s'], source });
}

/** What it prints where every stack is whole. */
export const wholeStacks = [
  'call',
  'call of call',
  'tail call',
  'one entry',
  'strlen',
  'getppid',
  'time',
  'back',
  'unwinder',
]
  .map((name) => `${name}: 0 stacks end early\n`)
  .join('');

const source = `
  #define _GNU_SOURCE
  #include <signal.h>
  #include <stdio.h>
  #include <string.h>
  #include <time.h>
  #include <stdint.h>
  #include <stdlib.h>
  #include <unistd.h>
  #include <dlfcn.h>
  #include <unwind.h>
  #include <ucontext.h>

  int lower(int), upper(int), tail(int), user0(int), user1(int), main(void);
  static volatile long steps, lost;
  static struct { uintptr_t pc; unsigned char bytes[8]; } first[16];

  static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *found) {
    if (_Unwind_GetRegionStart(context) == (uintptr_t)main) *(int *)found = 1;
    return _URC_NO_REASON;
  }
  static void trapped(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    int found = 0;
    _Unwind_Backtrace(frame, &found);
    steps++;
    if (found) return;
    if (lost < 16) {
      first[lost].pc = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
      memcpy(first[lost].bytes, (void *)first[lost].pc, 8);
    }
    lost++;
  }
  static inline void step(void) { __asm__ volatile("pushfq\\norq $0x100, (%%rsp)\\npopfq" ::: "cc", "memory"); }
  static inline void go(void) { __asm__ volatile("pushfq\\nandq $~0x100, (%%rsp)\\npopfq" ::: "cc", "memory"); }
  static void report(const char *name) {
    if (steps < 4) printf("%s: not stepped\\n", name);
    printf("%s: %ld stacks end early\\n", name, lost);
    for (int i = 0; i < lost && i < 16; i++) {
      printf(" ");
      for (int j = 0; j < 8; j++) printf(" %02x", first[i].bytes[j]);
      printf("\\n");
    }
    steps = lost = 0;
  }
  static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
  #define STEPPED(name, call) do { step(); call; go(); report(name); } while (0)
  int main(void) {
    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    volatile int sum = 0;
    int numbers[] = {3, 1, 2};
    STEPPED("call", sum += lower(1));
    STEPPED("call of call", sum += upper(1));
    STEPPED("tail call", sum += tail(1));
    STEPPED("one entry", sum += user0(1) + user1(1));
    STEPPED("strlen", sum += strlen("text"));
    STEPPED("getppid", sum += getppid());
    STEPPED("time", sum += time(NULL));
    STEPPED("back", qsort(numbers, 3, sizeof(int), compare));
    struct dl_find_object object;
    STEPPED("unwinder", sum += _dl_find_object(main, &object) + _dl_find_object(&sum, &object));
    return 0;
  }`;

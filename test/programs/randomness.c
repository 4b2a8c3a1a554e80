/* What must differ from process to process: the stack guard, AT_RANDOM, the pointer guard's effect, getrandom. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t guard(void) {
  uint64_t value;
  __asm__("mov %%fs:0x28, %0" : "=r"(value));
  return value;
}

static uint64_t random_word(int index) { return ((const uint64_t *)getauxval(AT_RANDOM))[index]; }

static uint64_t pointer_guard(void) {
  uint64_t value;
  __asm__("mov %%fs:0x30, %0" : "=r"(value));
  return value;
}

static void print_own(int to) {
  uint64_t words[] = {guard(), random_word(0), pointer_guard()};
  if (write(to, words, sizeof words) != sizeof words) exit(1);
}

/* The same words in a second process of this program. */
static void ask_another(const char *program, uint64_t words[3]) {
  int ends[2];
  if (pipe(ends) != 0) exit(1);
  pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], 3);
    execl(program, program, "3", (char *)NULL);
    _exit(1);
  }
  if (read(ends[0], words, 24) != 24) exit(1);
  waitpid(pid, NULL, 0);
}

int main(int argc, char **argv) {
  if (argc > 1) return print_own(atoi(argv[1])), 0;
  printf("guard ends with a zero byte %d, and is of AT_RANDOM %d\n", (guard() & 0xff) == 0,
         guard() >> 8 == random_word(0) >> 8);
  uint64_t other[3];
  ask_another(argv[0], other);
  printf("another process: guard %d, AT_RANDOM %d, pointer guard %d\n", other[0] != guard(), other[1] != random_word(0),
         other[2] != pointer_guard());
  jmp_buf place;
  volatile int round = 0;
  if (setjmp(place) < 3) longjmp(place, ++round);
  printf("longjmp %d\n", round);
  char one[16] = "", two[16] = "";
  int filled = getrandom(one, 16, 0) == 16 && getrandom(two, 16, 0) == 16;
  printf("getrandom %d, differ %d\n", filled, memcmp(one, two, 16) != 0);
  return 0;
}

/* A table of 64 pages of addresses. For each number that is read: "right" if that page of it is, "wrong" if not, "lost" for SIGBUS. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int target;
#define TIMES8(x) x, x, x, x, x, x, x, x
#define PAGE TIMES8(TIMES8(TIMES8(&target)))
__attribute__((aligned(4096))) static int *const volatile table[64 * 512] = {TIMES8(TIMES8(PAGE))};

static sigjmp_buf back;

static void lost(int signal)
{
  (void)signal;
  siglongjmp(back, 1);
}

static void say(const char *word, int length)
{
  (void)!write(1, word, length);
}

static void check(int page)
{
  if (sigsetjmp(back, 1)) {
    say("lost\n", 5);
    return;
  }
  int all = 1;
  for (int index = page * 512; index < (page + 1) * 512; index++)
    all &= table[index] == &target;
  say(all ? "right\n" : "wrong\n", 6);
}

/* No more of the C library than was touched before anything is lost. */
int main(void)
{
  char line[8];
  signal(SIGBUS, lost);
  for (long length; (length = read(0, line, sizeof line - 1)) > 0;) {
    line[length] = 0;
    check(atoi(line) % 64);
  }
  _exit(0);
}

/* Ways to end, by argument: return, exit in a handler, quick_exit, _exit, abort, a signal. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void first(void) { puts("registered first"); }
static void second(void) { puts("registered second"); }
static void quick(void) {
  if (write(1, "quick\n", 6) != 6) abort();
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "return";
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  atexit(first);
  atexit(second);
  at_quick_exit(quick);
  printf("ends by %s\n", how);
  if (strcmp(how, "return") != 0) fflush(stdout);
  if (strcmp(how, "exit") == 0) exit(200);
  if (strcmp(how, "quick") == 0) quick_exit(3);
  if (strcmp(how, "_exit") == 0) _exit(4);
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "signal") == 0) raise(SIGTERM);
  return 7;
}

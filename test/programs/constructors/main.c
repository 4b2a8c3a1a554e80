/* The order of preinit, constructors, main, atexit and destructors, and what constructors are given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int upper(void);

static void before_all(int argc, char **argv, char **envp) {
  printf("main: preinit with %d arguments, argv ends %d, '%s'\n", argc, argv[argc] == NULL, envp[0]);
}
__attribute__((section(".preinit_array"), used)) static void (*preinit)(int, char **, char **) = before_all;

__attribute__((constructor(101))) static void first(void) { puts("main: priority 101"); }
__attribute__((constructor)) static void opened(int argc, char **argv) {
  printf("main: opened with %d arguments, '%s'\n", argc, argv[argc - 1]);
}
__attribute__((destructor)) static void closed(void) { puts("main: closed"); }
static void at_exit(void) { puts("main: at exit"); }

int main(int argc, char **argv) {
  printf("main: %d '%s', upper %d\n", argc, argv[argc - 1], upper());
  atexit(at_exit);
  return 6;
}

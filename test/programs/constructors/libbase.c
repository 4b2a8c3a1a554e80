#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void opened(int argc, char **argv, char **envp) {
  printf("base: opened with %d arguments, last '%s', first variable '%s'\n", argc, argv[argc - 1], envp[0]);
}
__attribute__((destructor)) static void closed(void) { puts("base: closed"); }
static void at_exit(void) { puts("base: at exit"); }
__attribute__((constructor)) static void register_exit(void) { atexit(at_exit); }

int base(void) { return 1; }

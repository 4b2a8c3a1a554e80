/* dlmopen: a plug-in in a namespace of its own, with its own C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  void *first = dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW);
  if (!first) return puts(dlerror()), 1;
  void *second = dlopen(argv[1], RTLD_NOW);
  int (*count_first)(void) = (int (*)(void))dlsym(first, "count");
  int (*count_second)(void) = (int (*)(void))dlsym(second, "count");
  printf("two copies: %d\n", count_first != count_second);
  int one = count_first();
  one = count_first();
  printf("counts %d %d\n", one, count_second());
  Lmid_t space;
  printf("namespace known: %d\n", dlinfo(first, RTLD_DI_LMID, &space) == 0 && space != LM_ID_BASE);
  return dlclose(first) | dlclose(second);
}

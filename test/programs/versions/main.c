/* Symbol versions: one name with two meanings in one process; dlvsym. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int answer(void), only_old(void), ask_old(void);
extern int (*const old_pointer)(void);

static int by_dlvsym(const char *version) {
  int (*function)(void) = (int (*)(void))dlvsym(RTLD_DEFAULT, "answer", version);
  return function ? function() : -1;
}

int main(void) {
  printf("default %d, old %d, by pointer %d, only old %d\n", answer(), ask_old(), old_pointer(), only_old());
  printf("dlvsym: V1 %d, V2 %d, V3 %d\n", by_dlvsym("V1"), by_dlvsym("V2"), by_dlvsym("V3"));
  printf("dlsym: %d\n", ((int (*)(void))dlsym(RTLD_DEFAULT, "answer"))());
  return 0;
}

/*
 * Opens the modules that it is given, in their order, says so, and waits. `apart:FILE` opens in a namespace of its own; `take:ADDRESS`
 * maps a page there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int take(const char *text) {
  void *wanted = (void *)strtoul(text, NULL, 16);
  return mmap(wanted, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
}

static int open_and_use(const char *file, int is_apart) {
  void *module = is_apart ? dlmopen(LM_ID_NEWLM, file, RTLD_NOW) : dlopen(file, RTLD_LAZY);
  void (*use)(void);
  if (!module) return fprintf(stderr, "%s\n", dlerror()), 0;
  use = (void (*)(void))dlsym(module, "use");
  if (use) use();
  return 1;
}

int main(int count, char **words) {
  char end;
  for (int i = 1; i < count; i++) {
    int is_apart = strncmp(words[i], "apart:", 6) == 0;
    int is_done = strncmp(words[i], "take:", 5) == 0 ? take(words[i] + 5) : open_and_use(words[i] + 6 * is_apart, is_apart);
    if (!is_done) return 1;
  }
  puts("ready");
  fflush(stdout);
  return read(0, &end, 1) < 0;
}

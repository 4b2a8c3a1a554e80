/* Opens the files that it is given, in their order, and waits. `apart:FILE` opens in a namespace of its own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **files) {
  char end;
  for (int i = 1; i < count; i++) {
    int is_apart = strncmp(files[i], "apart:", 6) == 0;
    void *module = is_apart ? dlmopen(LM_ID_NEWLM, files[i] + 6, RTLD_NOW) : dlopen(files[i], RTLD_LAZY);
    if (!module) return fprintf(stderr, "%s\n", dlerror()), 1;
    void (*use)(void) = (void (*)(void))dlsym(module, "use");
    if (use) use();
  }
  puts("ready");
  fflush(stdout);
  return read(0, &end, 1) < 0;
}

/* A function has one address, whoever takes it: program or library, by relocation or by code. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef void (*function)(void);
void in_library(void);
extern function constants[];
function by_code(int which);

void in_main(void) { puts("in main"); }

static function own[] = {in_library, in_main, (function)puts, (function)malloc};
static const char *const name[] = {"in_library", "in_main", "puts", "malloc"};

int main(void) {
  for (int i = 0; i < 4; i++)
    printf("%s: %d %d %d\n", name[i], own[i] == constants[i], own[i] == by_code(i),
           dlsym(RTLD_DEFAULT, name[i]) == (void *)own[i]);
  by_code(0)();
  by_code(1)();
  return 0;
}

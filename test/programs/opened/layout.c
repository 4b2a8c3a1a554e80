/* A module with something of all that a linker relocates, to be laid out in many ways. */
#include "see.h"
#include <errno.h>

static int own = 42;
int exported = 7;
static int zeros[40000];
const char *const names[] = {"first", "second", "third"};
static int *const constant_table[] = {&own, &own, &exported, &zeros[39999]};
static int *variable_table[] = {&own, &exported, zeros};
static __thread int held = 5;
static int twice(int value) { return 2 * value; }
static int (*resolve(void))(int) { return twice; }
int chosen(int value) __attribute__((ifunc("resolve")));
static int (*const choices[])(int) = {twice, chosen};
static int (*const streams)(const char *) = puts;

int answer(void), report(void);
int answer(void) { return *constant_table[0]; }

int report(void) {
  int sum = 0;
  for (unsigned i = 0; i < sizeof constant_table / sizeof *constant_table; i++) sum += *constant_table[i];
  for (unsigned i = 0; i < sizeof variable_table / sizeof *variable_table; i++) sum += ++*variable_table[i];
  for (unsigned i = 0; i < sizeof zeros / sizeof *zeros; i += 1000) sum += zeros[i];
  zeros[20000] = 1;
  errno = 0;
  printf("sum %d, %s, %d %d, TLS %d, errno %d\n", sum, names[2], choices[0](3), choices[1](4), held++, errno);
  see("own", constant_table[0]), see("exported", variable_table[1]), see("names", names);
  streams("through a pointer");
  return 0;
}

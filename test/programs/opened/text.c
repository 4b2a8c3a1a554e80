/* Addresses in its code, which the linker writes there. */
#include "see.h"

static int own = 42;
int answer(void), report(void);

int answer(void) {
  int *address;
  __asm__("movabs $%c1, %0" : "=r"(address) : "i"(&own));
  return *address;
}

int report(void) {
  printf("from code: %d\n", answer());
  return 0;
}

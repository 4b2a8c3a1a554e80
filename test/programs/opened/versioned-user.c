/* Uses both versions of a function. */
#include "see.h"

int versioned_answer(void), first_answer(void);
__asm__(".symver first_answer, versioned_answer@ONE");
static int (*const pointers[])(void) = {versioned_answer, first_answer};

int report(void);
int report(void) {
  printf("calls %d %d, pointers %d %d\n", versioned_answer(), first_answer(), pointers[0](), pointers[1]());
  return 0;
}

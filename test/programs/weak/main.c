/* Weak symbols: undefined ones are null, defined ones give way to the first definition in search order. */
#include <stdio.h>

__attribute__((weak)) void nowhere(void);
__attribute__((weak)) extern int nowhere_number;
extern int (*const pointer_to_absent)(void);
int library_sees(void), call_overridden(void);

int overridden(void) { return 2; }
int present(void) { return 1; }

static void *const table[] = {(void *)nowhere, &nowhere_number};

int main(void) {
  printf("in the program: %d %d\n", table[0] == NULL, table[1] == NULL);
  printf("in the library: %d, pointer %d\n", library_sees(), pointer_to_absent == NULL);
  printf("overridden: %d\n", call_overridden());
  return 0;
}

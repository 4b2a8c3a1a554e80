/* IFUNC through slots that are filled at the first call: the resolvers run then, not before, and once for each slot. */
#include <stdio.h>

extern int mode, resolved;
int choose_by_mode(void), choose_counted(void), call_counted(void);

int main(void) {
  mode = 2;
  printf("resolved before: %d\n", resolved);
  printf("by mode: %d\n", choose_by_mode());
  printf("counted: %d %d\n", choose_counted(), choose_counted());
  printf("resolved then: %d\n", resolved);
  printf("inside the library: %d, resolved %d\n", call_counted(), resolved);
  return 0;
}

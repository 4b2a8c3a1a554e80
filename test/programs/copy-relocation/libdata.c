#include <stdio.h>

int numbers[4] = {1, 2, 3, 4};
const char *name = "from the library";
int zero;
static int own = 5;
int *const pointer = &own;

void change(int by) {
  for (int i = 0; i < 4; i++) numbers[i] += by;
  zero = by;
  name = "changed";
}
int *address_of_numbers(void) { return numbers; }
